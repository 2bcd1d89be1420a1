internal import Kernels
internal import Tensors

/// The Transformer of wav2vec 2.0: positional convolution, layer norm before or after, and the blocks.
struct ContextEncoder: Sendable {
    private let positional: PositionalEmbedding
    private let layerNorm: LayerNormLayer
    private let layers: [TransformerLayer]
    private let order: NormOrder

    /// What backward needs.
    struct Saved {
        let positional: PositionalEmbedding.Saved
        let layerNorm: LayerNormLayer.Saved
        let blocks: [SavedBlock]
    }

    /// What backward needs of one block.
    enum SavedBlock {
        /// Layer drop left it out.
        case skipped
        /// All that its layers need.
        case kept(TransformerLayer.Saved)
        /// Its input, from which the rest is computed once more.
        case input(Hidden)
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
        let extents = TransformerLayer.Extents(
            hiddenSize: configuration.hiddenSize, headCount: configuration.headCount,
            intermediateSize: configuration.intermediateSize, epsilon: configuration.layerNormEpsilon,
            initializer: .normal(deviation: Double(configuration.initializerRange)))
        var layers: [TransformerLayer] = []
        for index in 0..<configuration.layerCount {
            layers.append(
                TransformerLayer(
                    "\(name).layers.\(index)", extents, order: order, layer: index, in: &layout))
        }
        layerNorm = leading ?? registerNorm(&layout)
        self.layers = layers
        self.order = order
    }

    /// Encodes hidden frames in place and keeps nothing.
    func infer(_ hidden: Tensor, pass: Pass, arena: inout Arena) {
        positional.infer(hidden, pass: pass, arena: &arena)
        if order == .post { normalizeInPlace(hidden, pass: pass, arena: &arena) }
        if let dropout = pass.dropout(\.hiddenDropout, .hiddenDropout, layer: layers.count) {
            dropoutForward(hidden, dropout, into: hidden)
        }
        for layer in layers where pass.noise?.skipsLayer(layer.layer) != true {
            layer.infer(hidden, pass: pass, arena: &arena)
        }
        if order == .pre { normalizeInPlace(hidden, pass: pass, arena: &arena) }
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
        let dropout = pass.dropout(\.hiddenDropout, .hiddenDropout, layer: layers.count)
        switch order {
        case .post:
            let summed = positioned.tensor
            positioned = Hidden(rows: hidden.rows, columns: hidden.columns, pass: pass, arena: &arena)
            let normSaved = layerNorm.forward(summed, pass: pass, arena: &arena, into: positioned)
            if let dropout {
                dropoutForward(positioned.tensor, dropout, into: positioned.tensor)
                convertInPlace(positioned)
            }
            let blocks = forwardBlocks(positioned, pass: pass, keeping: keeping, arena: &arena)
            return (
                blocks.output,
                Saved(positional: positionalSaved, layerNorm: normSaved, blocks: blocks.saved)
            )
        case .pre:
            if let dropout { dropoutForward(positioned.tensor, dropout, into: positioned.tensor) }
            let blocks = forwardBlocks(positioned, pass: pass, keeping: keeping, arena: &arena)
            let output = arena.tensor(like: hidden)
            let normSaved = layerNorm.forward(blocks.output, pass: pass, arena: &arena, into: output)
            return (
                output, Saved(positional: positionalSaved, layerNorm: normSaved, blocks: blocks.saved)
            )
        }
    }

    /// Brings the numbers for products up to date with the tensor; in float32 they are the tensor.
    private func convertInPlace(_ hidden: Hidden) {
        if hidden.product.precision != .float32 { convert(hidden.tensor, into: hidden.product) }
    }

    private func forwardBlocks(
        _ input: Hidden, pass: Pass, keeping: KeptActivations, arena: inout Arena
    ) -> (output: Tensor, saved: [SavedBlock]) {
        var hidden = input
        func fresh(_ arena: inout Arena) -> Hidden {
            Hidden(rows: input.tensor.rows, columns: input.tensor.columns, pass: pass, arena: &arena)
        }
        // In bfloat16, backward of post-norm blocks reads no float32 frames: two buffers serve all blocks.
        let sharesFrames = keeping == .all && order == .post && pass.precision == .bfloat16
        let between = sharesFrames ? arena.tensor(like: input.tensor) : nil
        var saved: [SavedBlock] = []
        for layer in layers {
            if pass.noise?.skipsLayer(layer.layer) == true {
                saved.append(.skipped)
                continue
            }
            let output =
                sharesFrames
                ? Hidden(at: input.tensor, pass: pass, arena: &arena) : fresh(&arena)
            let mark = arena.mark
            let block = layer.forward(hidden, between: between, pass: pass, arena: &arena, into: output)
            saved.append(keeping == .all ? .kept(block) : .input(hidden))
            if keeping != .all { arena.release(to: mark) }
            hidden = output
        }
        return (hidden.tensor, saved)
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
        if order == .pre {
            layerNorm.backward(dHidden, saved: saved.layerNorm, pass: pass, into: spare)
            swap(&dHidden, &spare)
            gradientsFinal(layerNorm.weight.offset)
        }
        for (layer, block) in zip(layers, saved.blocks).reversed() {
            switch block {
            case .skipped: break
            case .kept(let layerSaved):
                layer.backward(dHidden, saved: layerSaved, pass: pass, arena: &arena, into: spare)
                swap(&dHidden, &spare)
            case .input(let input):
                backwardAgain(layer, dHidden, input: input, pass: pass, arena: &arena, into: spare)
                swap(&dHidden, &spare)
            }
            gradientsFinal(layer.firstOffset)
        }
        if let dropout = pass.dropout(\.hiddenDropout, .hiddenDropout, layer: layers.count) {
            dropoutBackward(dHidden, dropout, into: dHidden)
        }
        if order == .post {
            layerNorm.backward(dHidden, saved: saved.layerNorm, pass: pass, into: spare)
            swap(&dHidden, &spare)
        }
        positional.backward(dHidden, saved: saved.positional, pass: pass, arena: &arena, into: dInput)
    }

    /// Runs a block forward once more, with the same counted noise, and then backward.
    private func backwardAgain(
        _ layer: TransformerLayer, _ dOutput: Tensor, input: Hidden, pass: Pass, arena: inout Arena,
        into dInput: Tensor
    ) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let output = Hidden(
            rows: dOutput.rows, columns: dOutput.columns, pass: pass, arena: &arena)
        let saved = layer.forward(input, pass: pass, arena: &arena, into: output)
        layer.backward(dOutput, saved: saved, pass: pass, arena: &arena, into: dInput)
    }
}
