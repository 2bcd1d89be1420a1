internal import Kernels
internal import Tensors

/// The Transformer of wav2vec 2.0: positional convolution, layer norm before or after, and the blocks.
struct ContextEncoder: Sendable {
    private let positional: PositionalEmbedding
    private let layerNorm: LayerNormLayer
    private let blocks: TransformerStack<SelfAttention>

    /// What backward needs.
    struct Saved {
        let positional: PositionalEmbedding.Saved
        let layerNorm: LayerNormLayer.Saved
        let blocks: TransformerStack<SelfAttention>.Saved
    }

    init(_ name: String, _ configuration: Wav2Vec2Configuration, in layout: inout ParameterLayout) {
        positional = PositionalEmbedding("\(name).pos_conv_embed", configuration, in: &layout)
        let order: NormOrder = configuration.stableLayerNorm ? .pre : .post
        func registerNorm(_ layout: inout ParameterLayout) -> LayerNormLayer {
            LayerNormLayer(
                "\(name).layer_norm", size: configuration.hiddenSize,
                epsilon: configuration.layerNormEpsilon, in: &layout)
        }
        // Registered where forward uses it, so that gradients become final from the end of the store down.
        let leading = order == .post ? registerNorm(&layout) : nil
        let extents = BlockExtents(
            hiddenSize: configuration.hiddenSize, headCount: configuration.headCount,
            intermediateSize: configuration.intermediateSize, epsilon: configuration.layerNormEpsilon,
            initializer: .normal(deviation: Double(configuration.initializerRange)))
        blocks = TransformerStack(
            configuration.layerCount, extents, order: order,
            names: { .wav2vec2("\(name).layers.\($0)") }, in: &layout)
        layerNorm = leading ?? registerNorm(&layout)
    }

    /// Encodes hidden frames in place and keeps nothing.
    func infer(_ hidden: Tensor, pass: Pass, arena: inout Arena) {
        positional.infer(hidden, pass: pass, arena: &arena)
        if blocks.order == .post { normalizeInPlace(hidden, pass: pass, arena: &arena) }
        if let dropout = pass.dropout(\.hiddenDropout, .hiddenDropout, layer: blocks.count) {
            dropoutForward(hidden, dropout, into: hidden)
        }
        for layer in blocks.layers where pass.noise?.skipsLayer(layer.layer) != true {
            layer.infer(hidden, pass: pass, arena: &arena)
        }
        if blocks.order == .pre { normalizeInPlace(hidden, pass: pass, arena: &arena) }
    }

    private func normalizeInPlace(_ hidden: Tensor, pass: Pass, arena: inout Arena) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        _ = layerNorm.forward(hidden, pass: pass, arena: &arena, into: hidden)
    }

    /// Encodes hidden frames; the result is another tensor of the arena.
    func forward(
        _ hidden: Tensor, pass: Pass, keeping: KeptActivations, arena: inout Arena
    ) -> (output: Tensor, saved: Saved) {
        var positioned = Hidden(rows: hidden.rows, columns: hidden.columns, pass: pass, arena: &arena)
        let positionalSaved = positional.forward(
            hidden, pass: pass, arena: &arena, into: positioned.tensor)
        let dropout = pass.dropout(\.hiddenDropout, .hiddenDropout, layer: blocks.count)
        switch blocks.order {
        case .post:
            let summed = positioned.tensor
            positioned = Hidden(rows: hidden.rows, columns: hidden.columns, pass: pass, arena: &arena)
            let normSaved = layerNorm.forward(summed, pass: pass, arena: &arena, into: positioned)
            positioned.drop(dropout)
            let (output, blocksSaved) = blocks.forward(
                positioned, context: nil, pass: pass, keeping: keeping, arena: &arena)
            return (
                output, Saved(positional: positionalSaved, layerNorm: normSaved, blocks: blocksSaved)
            )
        case .pre:
            if let dropout { dropoutForward(positioned.tensor, dropout, into: positioned.tensor) }
            let (summed, blocksSaved) = blocks.forward(
                positioned, context: nil, pass: pass, keeping: keeping, arena: &arena)
            let output = arena.tensor(like: hidden)
            let normSaved = layerNorm.forward(summed, pass: pass, arena: &arena, into: output)
            return (
                output, Saved(positional: positionalSaved, layerNorm: normSaved, blocks: blocksSaved)
            )
        }
    }

    /// Accumulates all gradients, calling `gradientsFinal` with the offset from which on they are final, and
    /// writes the input's.
    ///
    /// `dOutput` is overwritten.
    func backward(
        _ dOutput: Tensor, saved: Saved, pass: Pass, arena: inout Arena, gradientsFinal: (Int) -> Void,
        into dInput: Tensor
    ) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        var dHidden = dOutput
        var spare = arena.tensor(like: dOutput)
        if blocks.order == .pre {
            layerNorm.backward(dHidden, saved: saved.layerNorm, pass: pass, into: spare)
            swap(&dHidden, &spare)
            gradientsFinal(layerNorm.weight.offset)
        }
        blocks.backward(
            &dHidden, spare: &spare, saved: saved.blocks, context: nil, pass: pass, arena: &arena,
            gradientsFinal: gradientsFinal)
        if let dropout = pass.dropout(\.hiddenDropout, .hiddenDropout, layer: blocks.count) {
            dropoutBackward(dHidden, dropout, into: dHidden)
        }
        if blocks.order == .post {
            layerNorm.backward(dHidden, saved: saved.layerNorm, pass: pass, into: spare)
            swap(&dHidden, &spare)
        }
        positional.backward(dHidden, saved: saved.positional, pass: pass, arena: &arena, into: dInput)
    }
}

extension BlockNames {
    /// The names of wav2vec 2.0's blocks, under `name`.
    static func wav2vec2(_ name: String) -> BlockNames {
        BlockNames(
            query: "\(name).attention.q_proj", key: "\(name).attention.k_proj",
            value: "\(name).attention.v_proj", attentionOutput: "\(name).attention.out_proj",
            layerNorm: "\(name).layer_norm", intermediate: "\(name).feed_forward.intermediate_dense",
            output: "\(name).feed_forward.output_dense", finalLayerNorm: "\(name).final_layer_norm")
    }
}
