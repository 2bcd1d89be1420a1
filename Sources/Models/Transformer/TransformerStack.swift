internal import Kernels
internal import Tensors

/// A sequence of Transformer blocks.
struct TransformerStack<Attention: AttentionLayer>: Sendable {
    let layers: [TransformerLayer<Attention>]
    let order: NormOrder

    /// What backward needs of the blocks, in order.
    typealias Saved = [SavedBlock]

    /// What backward needs of one block.
    enum SavedBlock {
        /// Skipped by layer drop.
        case skipped
        /// Everything that its layers need.
        case kept(TransformerLayer<Attention>.Saved)
        /// Its input, from which the rest is recomputed.
        case input(Hidden)
    }

    /// Registers blocks; `makeAttention` registers the attention of a layer.
    init(
        _ count: Int, _ extents: BlockExtents, order: NormOrder, names: (Int) -> BlockNames,
        in layout: inout ParameterLayout, attention makeAttention: (Int, inout ParameterLayout) -> Attention
    ) {
        var layers: [TransformerLayer<Attention>] = []
        for layer in 0..<count {
            let attention = makeAttention(layer, &layout)
            layers.append(
                TransformerLayer(
                    names(layer), extents, attention: attention, order: order, layer: layer, in: &layout))
        }
        self.layers = layers
        self.order = order
    }

    /// The number of blocks.
    var count: Int { layers.count }

    /// Encodes frames in place, block by block, and keeps nothing; only with post-norm.
    func infer(_ frames: Hidden, context: Attention.Context, pass: Pass, arena: inout Arena) {
        precondition(order == .post, "a block that normalises first reads its input until its end")
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let between = arena.tensor(like: frames.tensor)
        for layer in layers where pass.noise?.skipsLayer(layer.layer) != true {
            let mark = arena.mark
            defer { arena.release(to: mark) }
            _ = layer.forward(
                frames, context: context, between: between, pass: pass, arena: &arena, into: frames)
        }
    }

    /// Encodes frames; the result is another tensor of the arena.
    func forward(
        _ input: Hidden, context: Attention.Context, pass: Pass, keeping: KeptActivations,
        arena: inout Arena
    ) -> (output: Tensor, saved: Saved) {
        var hidden = input
        func fresh(_ arena: inout Arena) -> Hidden {
            Hidden(rows: input.tensor.rows, columns: input.tensor.columns, pass: pass, arena: &arena)
        }
        // In bfloat16, backward of post-norm blocks reads no float32 frames: two buffers serve all blocks.
        let sharesFrames = keeping == .all && order == .post && pass.precision == .bfloat16
        let between = sharesFrames ? arena.tensor(like: input.tensor) : nil
        var saved: Saved = []
        for layer in layers {
            if pass.noise?.skipsLayer(layer.layer) == true {
                saved.append(.skipped)
                continue
            }
            let output =
                sharesFrames
                ? Hidden(at: input.tensor, pass: pass, arena: &arena) : fresh(&arena)
            let mark = arena.mark
            let block = layer.forward(
                hidden, context: context, between: between, pass: pass, arena: &arena, into: output)
            saved.append(keeping == .all ? .kept(block) : .input(hidden))
            if keeping != .all { arena.release(to: mark) }
            hidden = output
        }
        return (hidden.tensor, saved)
    }

    /// Accumulates all gradients, calling `gradientsFinal` with the offset from which on they are final.
    ///
    /// The output's gradient becomes the input's; it and the spare tensor of the same shape may be swapped.
    func backward(
        _ dHidden: inout Tensor, spare: inout Tensor, saved: Saved, context: Attention.Context, pass: Pass,
        arena: inout Arena, gradientsFinal: (Int) -> Void
    ) {
        for (layer, block) in zip(layers, saved).reversed() {
            switch block {
            case .skipped: break
            case .kept(let layerSaved):
                layer.backward(
                    dHidden, saved: layerSaved, context: context, pass: pass, arena: &arena, into: spare)
                swap(&dHidden, &spare)
            case .input(let input):
                backwardAgain(
                    layer, dHidden, input: input, context: context, pass: pass, arena: &arena, into: spare)
                swap(&dHidden, &spare)
            }
            gradientsFinal(layer.firstOffset)
        }
    }

    /// Runs a block forward again, with the same counted random numbers, and then backward.
    private func backwardAgain(
        _ layer: TransformerLayer<Attention>, _ dOutput: Tensor, input: Hidden, context: Attention.Context,
        pass: Pass, arena: inout Arena, into dInput: Tensor
    ) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let output = Hidden(
            rows: dOutput.rows, columns: dOutput.columns, pass: pass, arena: &arena)
        let saved = layer.forward(input, context: context, pass: pass, arena: &arena, into: output)
        layer.backward(dOutput, saved: saved, context: context, pass: pass, arena: &arena, into: dInput)
    }
}

extension TransformerStack where Attention == SelfAttention {
    /// Registers blocks of self-attention.
    init(
        _ count: Int, _ extents: BlockExtents, order: NormOrder, names: (Int) -> BlockNames,
        in layout: inout ParameterLayout
    ) {
        self.init(count, extents, order: order, names: names, in: &layout) { layer, layout in
            SelfAttention(
                names(layer), size: extents.hiddenSize, headCount: extents.headCount,
                initializer: extents.initializer, layer: layer, in: &layout)
        }
    }
}
