internal import Kernels
internal import Tensors

/// Where a Transformer block normalises.
enum NormOrder: Sendable {
    /// After each residual sum, as in BERT and wav2vec 2.0 base.
    case post
    /// Before attention and before the feed-forward, as in XLSR-53 ("stable layer norm").
    case pre
}

/// The sizes of a block.
struct BlockExtents: Sendable {
    let hiddenSize: Int
    let headCount: Int
    let intermediateSize: Int
    let epsilon: Float
    let initializer: Initializer
}

/// One Transformer block: attention and feed-forward, each with a residual connection and a layer norm.
struct TransformerLayer<Attention: AttentionLayer>: Sendable {
    let attention: Attention
    let layerNorm: LayerNormLayer
    let feedForward: FeedForward
    let finalLayerNorm: LayerNormLayer
    let order: NormOrder
    let layer: Int

    /// What backward needs.
    struct Saved {
        let attention: Attention.Saved
        let layerNorm: LayerNormLayer.Saved
        let feedForward: FeedForward.Saved
        let finalLayerNorm: LayerNormLayer.Saved
    }

    /// Registers the block's parameters after those of its attention.
    init(
        _ names: BlockNames, _ extents: BlockExtents, attention: Attention, order: NormOrder, layer: Int,
        in layout: inout ParameterLayout
    ) {
        let size = extents.hiddenSize
        self.attention = attention
        layerNorm = LayerNormLayer(names.layerNorm, size: size, epsilon: extents.epsilon, in: &layout)
        feedForward = FeedForward(
            names, size: size, intermediateSize: extents.intermediateSize, initializer: extents.initializer,
            layer: layer, in: &layout)
        finalLayerNorm = LayerNormLayer(
            names.finalLayerNorm, size: size, epsilon: extents.epsilon, in: &layout)
        self.order = order
        self.layer = layer
    }

    /// The first element of the block's parameters in the flat store.
    var firstOffset: Int { attention.firstSlot.offset }

    /// Encodes frames: both kinds with post-norm, only float32 with pre-norm.
    ///
    /// - Parameter between: With post-norm, float32 memory for the frames between attention and feed-forward;
    ///   the output may then overwrite the input. nil takes new memory.
    func forward(
        _ input: Hidden, context: Attention.Context, between: Tensor? = nil, pass: Pass, arena: inout Arena,
        into output: Hidden
    ) -> Saved {
        switch order {
        case .post:
            postForward(
                input, context: context, between: between, pass: pass, arena: &arena, into: output)
        case .pre:
            preForward(input.tensor, context: context, pass: pass, arena: &arena, into: output.tensor)
        }
    }

    /// Accumulates the block's gradients and writes the input's.
    func backward(
        _ dOutput: Tensor, saved: Saved, context: Attention.Context, pass: Pass, arena: inout Arena,
        into dInput: Tensor
    ) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        switch order {
        case .post:
            postBackward(
                dOutput, saved: saved, context: context, pass: pass, arena: &arena, into: dInput)
        case .pre:
            preBackward(dOutput, saved: saved, context: context, pass: pass, arena: &arena, into: dInput)
        }
    }

    private func attentionDropout(_ pass: Pass) -> Dropout? {
        pass.dropout(\.hiddenDropout, .hiddenDropout, layer: layer)
    }

    private func outputDropout(_ pass: Pass) -> Dropout? {
        pass.dropout(\.hiddenDropout, .outputDropout, layer: layer)
    }

    // h = LN(x + Attention(x)); y = FinalLN(h + FeedForward(h))
    private func postForward(
        _ input: Hidden, context: Attention.Context, between: Tensor?, pass: Pass, arena: inout Arena,
        into output: Hidden
    ) -> Saved {
        let attended = arena.tensor(like: input.tensor)
        let attentionSaved = attention.forward(
            input.product, context: context, pass: pass, arena: &arena, into: attended)
        let hidden = Hidden(at: between ?? arena.tensor(like: attended), pass: pass, arena: &arena)
        let layerNormSaved = layerNorm.forward(
            attended, adding: Residual(input.tensor, dropout: attentionDropout(pass)), pass: pass,
            arena: &arena, into: hidden)
        let sum = arena.tensor(like: attended)
        let feedForwardSaved = feedForward.forward(hidden.product, pass: pass, arena: &arena, into: sum)
        let finalSaved = finalLayerNorm.forward(
            sum, adding: Residual(hidden.tensor, dropout: outputDropout(pass)), pass: pass, arena: &arena,
            into: output)
        return Saved(
            attention: attentionSaved, layerNorm: layerNormSaved, feedForward: feedForwardSaved,
            finalLayerNorm: finalSaved)
    }

    private func postBackward(
        _ dOutput: Tensor, saved: Saved, context: Attention.Context, pass: Pass, arena: inout Arena,
        into dInput: Tensor
    ) {
        let dSum = arena.tensor(like: dInput)
        let dBranch = branchBackward(
            finalLayerNorm, dOutput, saved.finalLayerNorm, outputDropout(pass), pass: pass, arena: &arena,
            into: dSum)
        // The residual's gradient is already in dSum; the feed-forward's is added to it.
        feedForward.backward(
            dBranch, saved: saved.feedForward, pass: pass, adding: true, arena: &arena, into: dSum)
        let dAttended = branchBackward(
            layerNorm, dSum, saved.layerNorm, attentionDropout(pass), pass: pass, arena: &arena,
            into: dInput)
        attention.backward(
            dAttended, saved: saved.attention, context: context, pass: pass, adding: true, arena: &arena,
            into: dInput)
    }

    /// The gradient of a sum through its norm, and that of the branch after dropout.
    private func branchBackward(
        _ norm: LayerNormLayer, _ dOutput: Tensor, _ saved: LayerNormLayer.Saved, _ dropout: Dropout?,
        pass: Pass, arena: inout Arena, into dSum: Tensor
    ) -> Matrix {
        // Backward of the branch reads its gradient before adding to the sum's, so they can share memory.
        if pass.precision == .float32 && dropout == nil {
            norm.backward(dOutput, saved: saved, pass: pass, into: dSum)
            return Matrix(dSum)
        }
        let dBranch = arena.product(like: dSum, pass)
        norm.backward(
            dOutput, saved: saved, pass: pass, into: dSum, branch: (matrix: dBranch, dropout: dropout))
        return dBranch
    }

    // h = x + Attention(LN(x)); y = h + FeedForward(FinalLN(h))
    private func preForward(
        _ input: Tensor, context: Attention.Context, pass: Pass, arena: inout Arena, into output: Tensor
    ) -> Saved {
        let normed = arena.product(like: input, pass)
        let layerNormSaved = layerNorm.forward(input, pass: pass, arena: &arena, into: nil, product: normed)
        let hidden = arena.tensor(like: input)
        let attentionSaved = attention.forward(
            normed, context: context, pass: pass, arena: &arena, into: hidden)
        let normedHidden = arena.product(like: input, pass)
        let finalSaved = finalLayerNorm.forward(
            hidden, adding: Residual(input, dropout: attentionDropout(pass)), pass: pass, arena: &arena,
            into: nil, product: normedHidden)
        let feedForwardSaved = feedForward.forward(normedHidden, pass: pass, arena: &arena, into: output)
        addResidual(hidden, outputDropout(pass), into: output)
        return Saved(
            attention: attentionSaved, layerNorm: layerNormSaved, feedForward: feedForwardSaved,
            finalLayerNorm: finalSaved)
    }

    private func preBackward(
        _ dOutput: Tensor, saved: Saved, context: Attention.Context, pass: Pass, arena: inout Arena,
        into dInput: Tensor
    ) {
        let dBranch = pass.product(dOutput, behind: outputDropout(pass), arena: &arena)
        let dNormed = arena.tensor(like: dInput)
        feedForward.backward(
            dBranch, saved: saved.feedForward, pass: pass, adding: false, arena: &arena, into: dNormed)
        let dHidden = arena.tensor(like: dInput)
        let dAttended = arena.product(like: dInput, pass)
        finalLayerNorm.backward(
            dNormed, saved: saved.finalLayerNorm, pass: pass, adding: dOutput, into: dHidden,
            branch: (matrix: dAttended, dropout: attentionDropout(pass)))
        attention.backward(
            dAttended, saved: saved.attention, context: context, pass: pass, adding: false, arena: &arena,
            into: dNormed)
        layerNorm.backward(dNormed, saved: saved.layerNorm, pass: pass, adding: dHidden, into: dInput)
    }
}
