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

    /// Keys and values of all frames, for queries from some of them.
    struct Memory {
        let key: Matrix
        let value: Matrix
        /// The pass over all frames.
        let pass: Pass
        /// The first frame with queries.
        var first = 0
    }

    /// Registers the projections in the order in which the authors' code ranks them for pruning.
    init(
        _ names: BlockNames, size: Int, headCount: Int, initializer: Initializer, layer: Int,
        in layout: inout ParameterLayout
    ) {
        func projection(
            _ name: String, _ kind: ProjectionKind, _ layout: inout ParameterLayout
        ) -> LinearLayer {
            LinearLayer(
                name, inputs: size, outputs: size, role: .prunable(layer: layer, kind: kind),
                initializer: initializer, in: &layout)
        }
        key = projection(names.key, .key, &layout)
        value = projection(names.value, .value, &layout)
        query = projection(names.query, .query, &layout)
        output = projection(names.attentionOutput, .output, &layout)
        self.headCount = headCount
        self.layer = layer
    }

    /// Memory for keys and values of all frames, which `remember` fills.
    func makeMemory(pass: Pass, arena: inout Arena) -> Memory {
        func matrix(_ layer: LinearLayer, _ arena: inout Arena) -> Matrix {
            arena.matrix(rows: pass.packing.totalRows, columns: layer.outputs, precision: pass.precision)
        }
        return Memory(key: matrix(key, &arena), value: matrix(value, &arena), pass: pass)
    }

    /// Writes keys and values of some frames.
    func remember(_ input: Matrix, at rows: Range<Int>, in memory: Memory, arena: inout Arena) {
        LinearLayer.forward(
            input, pass: memory.pass, arena: &arena,
            into: [(key, memory.key.rows(rows)), (value, memory.value.rows(rows))])
    }

    var firstSlot: ParameterSlot { key.weight }

    /// Attends to the frames of the input, or of a memory that contains the input.
    func forward(
        _ input: Matrix, context memory: Memory?, pass: Pass, arena: inout Arena, into result: Tensor
    ) -> Saved {
        let query = arena.matrix(like: input)
        let attended = memory ?? makeMemory(pass: pass, arena: &arena)
        let saved = Saved(
            input: input, query: query, key: attended.key, value: attended.value,
            logSumExp: arena.tensor(rows: headCount, columns: input.rows),
            context: arena.matrix(like: input))
        var projections = [(layer: self.query, output: saved.query)]
        if memory == nil { projections += [(key, saved.key), (value, saved.value)] }
        LinearLayer.forward(input, pass: pass, arena: &arena, into: projections)
        attentionForward(
            query: saved.query, from: attended.first, key: saved.key, value: saved.value,
            packing: attended.pass.packing, headCount: headCount, dropout: dropout(attended.pass),
            arena: &arena, logSumExp: saved.logSumExp, into: saved.context)
        output.forward(saved.context, pass: pass, arena: &arena, into: Matrix(result))
        return saved
    }

    /// Accumulates the layer's gradients, and writes the input's or, with `adding`, adds to it.
    func backward(
        _ dResult: Matrix, saved: Saved, context: Memory?, pass: Pass, adding: Bool, arena: inout Arena,
        into dInput: Tensor
    ) {
        precondition(context == nil, "attention to a memory keeps nothing for backward")
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let dContext = arena.matrix(like: saved.context)
        output.backward(dResult, input: saved.context, pass: pass, arena: &arena, into: dContext)
        let dQuery = arena.matrix(like: saved.query)
        let dKey = arena.matrix(like: saved.key)
        let dValue = arena.matrix(like: saved.value)
        attentionBackward(
            dContext, query: saved.query, key: saved.key, value: saved.value, context: saved.context,
            packing: pass.packing, headCount: headCount, dropout: dropout(pass), logSumExp: saved.logSumExp,
            arena: &arena, dQuery: dQuery, dKey: dKey, dValue: dValue)
        // The three paths meet at the input.
        LinearLayer.backward(
            [(query, dQuery), (key, dKey), (value, dValue)], input: saved.input, pass: pass, adding: adding,
            arena: &arena, into: Matrix(dInput))
    }

    private func dropout(_ pass: Pass) -> Dropout? {
        pass.dropout(\.attentionDropout, .attentionDropout, layer: layer)
    }
}
