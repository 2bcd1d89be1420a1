internal import Kernels
internal import Tensors

/// Where a Transformer block normalises.
enum NormOrder: Sendable {
    /// After each residual sum, as BERT and wav2vec 2.0 base do.
    case post
    /// Before attention and before the feed-forward, as XLSR-53 does ("stable layer norm").
    case pre
}

/// One Transformer block: self-attention and feed-forward, each with a residual connection and a layer norm.
struct TransformerLayer: Sendable {
    let attention: SelfAttention
    let layerNorm: LayerNormLayer
    let feedForward: FeedForward
    let finalLayerNorm: LayerNormLayer
    let order: NormOrder
    let layer: Int

    /// What backward needs.
    struct Saved {
        let attention: SelfAttention.Saved
        let layerNorm: LayerNormLayer.Saved
        let feedForward: FeedForward.Saved
        let finalLayerNorm: LayerNormLayer.Saved
    }

    /// The extents of a block.
    struct Extents {
        let hiddenSize: Int
        let headCount: Int
        let intermediateSize: Int
        let epsilon: Float
        let initializer: Initializer
    }

    /// Registers the block's parameters below `name`.
    init(
        _ name: String, _ extents: Extents, order: NormOrder, layer: Int, in layout: inout ParameterLayout
    ) {
        let size = extents.hiddenSize
        attention = SelfAttention(
            "\(name).attention", size: size, headCount: extents.headCount,
            initializer: extents.initializer, layer: layer, in: &layout)
        layerNorm = LayerNormLayer("\(name).layer_norm", size: size, epsilon: extents.epsilon, in: &layout)
        feedForward = FeedForward(
            "\(name).feed_forward", size: size, intermediateSize: extents.intermediateSize,
            initializer: extents.initializer, layer: layer, in: &layout)
        finalLayerNorm = LayerNormLayer(
            "\(name).final_layer_norm", size: size, epsilon: extents.epsilon, in: &layout)
        self.order = order
        self.layer = layer
    }

    /// The first element of the block's parameters in the flat store.
    var firstOffset: Int { attention.key.weight.offset }

    func forward(_ input: Tensor, pass: Pass, arena: inout Arena, into output: Tensor) -> Saved {
        switch order {
        case .post: postForward(input, pass: pass, arena: &arena, into: output)
        case .pre: preForward(input, pass: pass, arena: &arena, into: output)
        }
    }

    func backward(_ dOutput: Tensor, saved: Saved, pass: Pass, arena: inout Arena, into dInput: Tensor) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        switch order {
        case .post: postBackward(dOutput, saved: saved, pass: pass, arena: &arena, into: dInput)
        case .pre: preBackward(dOutput, saved: saved, pass: pass, arena: &arena, into: dInput)
        }
    }

    // h = LN(x + Attention(x)); y = FinalLN(h + FeedForward(h))
    private func postForward(
        _ input: Tensor, pass: Pass, arena: inout Arena, into output: Tensor
    ) -> Saved {
        let attended = arena.tensor(like: input)
        let attentionSaved = attention.forward(input, pass: pass, arena: &arena, into: attended)
        pass.dropoutForward(attended, \.hiddenDropout, .hiddenDropout, layer: layer)
        add(input, into: attended)
        let hidden = arena.tensor(like: input)
        let layerNormSaved = layerNorm.forward(attended, pass: pass, arena: &arena, into: hidden)
        let sum = arena.tensor(like: input)
        let feedForwardSaved = feedForward.forward(hidden, pass: pass, arena: &arena, into: sum)
        pass.dropoutForward(sum, \.hiddenDropout, .outputDropout, layer: layer)
        add(hidden, into: sum)
        let finalSaved = finalLayerNorm.forward(sum, pass: pass, arena: &arena, into: output)
        return Saved(
            attention: attentionSaved, layerNorm: layerNormSaved, feedForward: feedForwardSaved,
            finalLayerNorm: finalSaved)
    }

    private func postBackward(
        _ dOutput: Tensor, saved: Saved, pass: Pass, arena: inout Arena, into dInput: Tensor
    ) {
        let dSum = arena.tensor(like: dInput)
        finalLayerNorm.backward(dOutput, saved: saved.finalLayerNorm, pass: pass, into: dSum)
        let dropped = arena.tensor(like: dInput)
        pass.dropoutBackward(dSum, \.hiddenDropout, .outputDropout, layer: layer, into: dropped)
        let dHidden = arena.tensor(like: dInput)
        feedForward.backward(dropped, saved: saved.feedForward, pass: pass, arena: &arena, into: dHidden)
        add(dSum, into: dHidden)
        let dAttended = dSum
        layerNorm.backward(dHidden, saved: saved.layerNorm, pass: pass, into: dAttended)
        pass.dropoutBackward(dAttended, \.hiddenDropout, .hiddenDropout, layer: layer, into: dropped)
        attention.backward(dropped, saved: saved.attention, pass: pass, arena: &arena, into: dInput)
        add(dAttended, into: dInput)
    }

    // h = x + Attention(LN(x)); y = h + FeedForward(FinalLN(h))
    private func preForward(
        _ input: Tensor, pass: Pass, arena: inout Arena, into output: Tensor
    ) -> Saved {
        let normed = arena.tensor(like: input)
        let layerNormSaved = layerNorm.forward(input, pass: pass, arena: &arena, into: normed)
        let hidden = arena.tensor(like: input)
        let attentionSaved = attention.forward(normed, pass: pass, arena: &arena, into: hidden)
        pass.dropoutForward(hidden, \.hiddenDropout, .hiddenDropout, layer: layer)
        add(input, into: hidden)
        let normedHidden = arena.tensor(like: input)
        let finalSaved = finalLayerNorm.forward(hidden, pass: pass, arena: &arena, into: normedHidden)
        let feedForwardSaved = feedForward.forward(normedHidden, pass: pass, arena: &arena, into: output)
        pass.dropoutForward(output, \.hiddenDropout, .outputDropout, layer: layer)
        add(hidden, into: output)
        return Saved(
            attention: attentionSaved, layerNorm: layerNormSaved, feedForward: feedForwardSaved,
            finalLayerNorm: finalSaved)
    }

    private func preBackward(
        _ dOutput: Tensor, saved: Saved, pass: Pass, arena: inout Arena, into dInput: Tensor
    ) {
        let dropped = arena.tensor(like: dInput)
        pass.dropoutBackward(dOutput, \.hiddenDropout, .outputDropout, layer: layer, into: dropped)
        let dNormed = arena.tensor(like: dInput)
        feedForward.backward(dropped, saved: saved.feedForward, pass: pass, arena: &arena, into: dNormed)
        let dHidden = arena.tensor(like: dInput)
        finalLayerNorm.backward(dNormed, saved: saved.finalLayerNorm, pass: pass, into: dHidden)
        add(dOutput, into: dHidden)
        pass.dropoutBackward(dHidden, \.hiddenDropout, .hiddenDropout, layer: layer, into: dropped)
        attention.backward(dropped, saved: saved.attention, pass: pass, arena: &arena, into: dNormed)
        layerNorm.backward(dNormed, saved: saved.layerNorm, pass: pass, into: dInput)
        add(dHidden, into: dInput)
    }
}
