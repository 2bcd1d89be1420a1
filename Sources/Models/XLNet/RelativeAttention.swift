internal import Kernels
internal import Tensors

/// XLNet's content stream: attention with relative positions and segments (Yang et al., 2019, sections 2.4 and 2.5).
///
/// The second stream, in which a token does not see itself, is only for permutation language modelling.
struct RelativeAttention: AttentionLayer {
    let query, key, value, output, positions: LinearLayer
    let contentBias, positionBias, segmentBias: ParameterSlot
    let segmentKeys: ParameterSlot
    let headCount: Int
    let layer: Int

    /// What all blocks of a pass share.
    struct Context {
        /// (2 × longest − 1, hidden size): the encodings of relative positions.
        let encodings: Matrix
        /// The segment of each token.
        let segments: [Int32]
    }

    /// What backward needs; probabilities are recomputed.
    struct Saved {
        let input: Matrix
        let query, key, value, positions: Matrix
        let context: Matrix
    }

    /// Registers the parameters under `name.rel_attn`.
    init(
        _ name: String, _ extents: BlockExtents, extras: PrunableExtras, layer: Int,
        in layout: inout ParameterLayout
    ) {
        let (size, heads) = (extents.hiddenSize, extents.headCount)
        let headSize = size / heads
        func block(_ kind: ProjectionKind) -> ParameterRole { .prunable(layer: layer, kind: kind) }
        func projection(
            _ part: String, order: WeightOrder, _ role: ParameterRole,
            _ layout: inout ParameterLayout
        ) -> LinearLayer {
            let weight = layout.add(
                "\(name).rel_attn.\(part)", [size, heads, headSize], role: role,
                initializer: extents.initializer)
            return LinearLayer(weight: weight, order: order, inputs: size, outputs: size)
        }
        query = projection("q", order: .inputsByOutputs, block(.query), &layout)
        key = projection("k", order: .inputsByOutputs, block(.key), &layout)
        value = projection("v", order: .inputsByOutputs, block(.value), &layout)
        output = projection("o", order: .outputsByInputs, block(.output), &layout)
        positions = projection(
            "r", order: .inputsByOutputs, extras.role(.relativePositions, layer: layer), &layout)
        func bias(_ part: String, _ layout: inout ParameterLayout) -> ParameterSlot {
            layout.add(
                "\(name).rel_attn.\(part)", [heads, headSize], initializer: extents.initializer,
                decays: false)
        }
        positionBias = bias("r_r_bias", &layout)
        segmentBias = bias("r_s_bias", &layout)
        contentBias = bias("r_w_bias", &layout)
        segmentKeys = layout.add(
            "\(name).rel_attn.seg_embed", [2, heads, headSize], initializer: extents.initializer)
        headCount = heads
        self.layer = layer
    }

    var firstSlot: ParameterSlot { query.weight }

    func forward(
        _ input: Matrix, context: Context, pass: Pass, arena: inout Arena, into result: Tensor
    ) -> Saved {
        let saved = Saved(
            input: input, query: arena.matrix(like: input), key: arena.matrix(like: input),
            value: arena.matrix(like: input), positions: arena.matrix(like: context.encodings),
            context: arena.matrix(like: input))
        query.forward(input, pass: pass, arena: &arena, into: saved.query)
        key.forward(input, pass: pass, arena: &arena, into: saved.key)
        value.forward(input, pass: pass, arena: &arena, into: saved.value)
        positions.forward(context.encodings, pass: pass, arena: &arena, into: saved.positions)
        relativeAttentionForward(
            operands(saved, context, pass), packing: pass.packing, headCount: headCount,
            dropout: dropout(pass), arena: &arena, into: saved.context)
        output.forward(saved.context, pass: pass, arena: &arena, into: Matrix(result))
        return saved
    }

    func backward(
        _ dResult: Matrix, saved: Saved, context: Context, pass: Pass, adding: Bool, arena: inout Arena,
        into dInput: Tensor
    ) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let dContext = arena.matrix(like: saved.context)
        output.backward(dResult, input: saved.context, pass: pass, arena: &arena, into: dContext)
        let gradients = RelativeAttentionGradients(
            query: arena.matrix(like: saved.query), key: arena.matrix(like: saved.key),
            value: arena.matrix(like: saved.value),
            positions: arena.tensor(rows: saved.positions.rows, columns: saved.positions.columns),
            segmentKeys: heads(pass.parameters.gradient(segmentKeys), rows: 2),
            contentBias: heads(pass.parameters.gradient(contentBias)),
            positionBias: heads(pass.parameters.gradient(positionBias)),
            segmentBias: heads(pass.parameters.gradient(segmentBias)))
        relativeAttentionBackward(
            dContext, operands(saved, context, pass), packing: pass.packing, headCount: headCount,
            dropout: dropout(pass), arena: &arena, into: gradients)
        // The three paths meet at the input; encodings are not trained.
        let target = Matrix(dInput)
        query.backward(
            gradients.query, input: saved.input, pass: pass, adding: adding, arena: &arena, into: target)
        key.backward(gradients.key, input: saved.input, pass: pass, adding: true, arena: &arena, into: target)
        value.backward(
            gradients.value, input: saved.input, pass: pass, adding: true, arena: &arena, into: target)
        positions.backward(
            pass.product(gradients.positions, arena: &arena), input: context.encodings, pass: pass,
            arena: &arena, into: nil)
    }

    private func operands(_ saved: Saved, _ context: Context, _ pass: Pass) -> RelativeAttentionOperands {
        RelativeAttentionOperands(
            query: saved.query, key: saved.key, value: saved.value, positions: saved.positions,
            segmentKeys: pass.parameters.matrix(segmentKeys, as: saved.query.precision)
                .reshaped(rows: 2, columns: saved.query.columns),
            segments: context.segments, contentBias: heads(pass.parameters.value(contentBias)),
            positionBias: heads(pass.parameters.value(positionBias)),
            segmentBias: heads(pass.parameters.value(segmentBias)))
    }

    /// The heads of each row side by side.
    private func heads(_ tensor: Tensor, rows: Int = 1) -> Tensor {
        tensor.reshaped(rows: rows, columns: tensor.count / rows)
    }

    private func dropout(_ pass: Pass) -> Dropout? {
        pass.dropout(\.attentionDropout, .attentionDropout, layer: layer)
    }
}
