internal import Kernels
internal import Tensors

/// Multi-head self-attention within each utterance, with its output projection (Vaswani et al., 2017, section
/// 3.2).
struct SelfAttention: AttentionLayer {
    let key: LinearLayer
    let value: LinearLayer
    let query: LinearLayer
    let output: LinearLayer
    let headCount: Int
    let layer: Int

    /// What backward needs.
    ///
    /// Probabilities are not kept: they are recomputed from `logSumExp`.
    struct Saved {
        let input: Matrix
        let query: Matrix
        let key: Matrix
        let value: Matrix
        let logSumExp: Tensor
        let context: Matrix
    }

    /// Registers the projections in the order in which the authors' code ranks them for pruning.
    init(
        _ names: BlockNames, size: Int, headCount: Int, initializer: Initializer, layer: Int,
        in layout: inout ParameterLayout
    ) {
        func projection(_ name: String, _ layout: inout ParameterLayout) -> LinearLayer {
            LinearLayer(
                name, inputs: size, outputs: size, role: .prunable, initializer: initializer, in: &layout)
        }
        key = projection(names.key, &layout)
        value = projection(names.value, &layout)
        query = projection(names.query, &layout)
        output = projection(names.attentionOutput, &layout)
        self.headCount = headCount
        self.layer = layer
    }

    var firstSlot: ParameterSlot { key.weight }

    func forward(
        _ input: Matrix, context: Void, pass: Pass, arena: inout Arena, into result: Tensor
    ) -> Saved {
        let saved = Saved(
            input: input, query: arena.matrix(like: input), key: arena.matrix(like: input),
            value: arena.matrix(like: input),
            logSumExp: arena.tensor(rows: headCount, columns: input.rows),
            context: arena.matrix(like: input))
        query.forward(input, pass: pass, into: saved.query)
        key.forward(input, pass: pass, into: saved.key)
        value.forward(input, pass: pass, into: saved.value)
        attentionForward(
            query: saved.query, key: saved.key, value: saved.value, packing: pass.packing,
            headCount: headCount, dropout: dropout(pass), arena: &arena, logSumExp: saved.logSumExp,
            into: saved.context)
        output.forward(saved.context, pass: pass, into: Matrix(result))
        return saved
    }

    /// Accumulates the layer's gradients, and writes the input's or, with `adding`, adds it to what is there.
    func backward(
        _ dResult: Matrix, saved: Saved, context: Void, pass: Pass, adding: Bool, arena: inout Arena,
        into dInput: Tensor
    ) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let dContext = arena.matrix(like: saved.context)
        output.backward(dResult, input: saved.context, pass: pass, into: dContext)
        let dQuery = arena.matrix(like: saved.query)
        let dKey = arena.matrix(like: saved.key)
        let dValue = arena.matrix(like: saved.value)
        attentionBackward(
            dContext, query: saved.query, key: saved.key, value: saved.value, packing: pass.packing,
            headCount: headCount, dropout: dropout(pass), logSumExp: saved.logSumExp, arena: &arena,
            dQuery: dQuery, dKey: dKey, dValue: dValue)
        // The three paths meet at the input.
        let target = Matrix(dInput)
        query.backward(dQuery, input: saved.input, pass: pass, adding: adding, into: target)
        key.backward(dKey, input: saved.input, pass: pass, adding: true, into: target)
        value.backward(dValue, input: saved.input, pass: pass, adding: true, into: target)
    }

    private func dropout(_ pass: Pass) -> Dropout? {
        pass.dropout(\.attentionDropout, .attentionDropout, layer: layer)
    }
}
