internal import Kernels
internal import Tensors

/// Multi-head self-attention within each utterance, with its output projection (Vaswani et al., 2017, section
/// 3.2).
struct SelfAttention: Sendable {
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
        let input: Tensor
        let query: Tensor
        let key: Tensor
        let value: Tensor
        let logSumExp: Tensor
        let context: Tensor
    }

    /// Registers the projections in the order in which the authors' code ranks them for pruning.
    init(
        _ name: String, size: Int, headCount: Int, initializer: Initializer, layer: Int,
        in layout: inout ParameterLayout
    ) {
        func projection(_ part: String, _ layout: inout ParameterLayout) -> LinearLayer {
            LinearLayer(
                "\(name).\(part)", inputs: size, outputs: size, role: .prunable, initializer: initializer,
                in: &layout)
        }
        key = projection("k_proj", &layout)
        value = projection("v_proj", &layout)
        query = projection("q_proj", &layout)
        output = projection("out_proj", &layout)
        self.headCount = headCount
        self.layer = layer
    }

    func forward(_ input: Tensor, pass: Pass, arena: inout Arena, into result: Tensor) -> Saved {
        let saved = Saved(
            input: input, query: arena.tensor(like: input), key: arena.tensor(like: input),
            value: arena.tensor(like: input),
            logSumExp: arena.tensor(rows: headCount, columns: input.rows),
            context: arena.tensor(like: input))
        query.forward(input, pass: pass, into: saved.query)
        key.forward(input, pass: pass, into: saved.key)
        value.forward(input, pass: pass, into: saved.value)
        attentionForward(
            query: saved.query, key: saved.key, value: saved.value, packing: pass.packing,
            headCount: headCount, dropoutRate: dropoutRate(pass), keys: dropoutKeys(pass), arena: &arena,
            logSumExp: saved.logSumExp, into: saved.context)
        output.forward(saved.context, pass: pass, into: result)
        return saved
    }

    func backward(_ dResult: Tensor, saved: Saved, pass: Pass, arena: inout Arena, into dInput: Tensor) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let dContext = arena.tensor(like: dInput)
        output.backward(dResult, input: saved.context, pass: pass, into: dContext)
        let dQuery = arena.tensor(like: dInput)
        let dKey = arena.tensor(like: dInput)
        let dValue = arena.tensor(like: dInput)
        attentionBackward(
            dContext, query: saved.query, key: saved.key, value: saved.value, packing: pass.packing,
            headCount: headCount, dropoutRate: dropoutRate(pass), keys: dropoutKeys(pass),
            context: saved.context, logSumExp: saved.logSumExp, arena: &arena, dQuery: dQuery, dKey: dKey,
            dValue: dValue)
        query.backward(dQuery, input: saved.input, pass: pass, into: dInput)
        // The three paths meet at the input; dContext has been read and serves as their meeting place.
        key.backward(dKey, input: saved.input, pass: pass, into: dContext)
        add(dContext, into: dInput)
        value.backward(dValue, input: saved.input, pass: pass, into: dContext)
        add(dContext, into: dInput)
    }

    private func dropoutRate(_ pass: Pass) -> Float { pass.noise?.regularization.attentionDropout ?? 0 }

    private func dropoutKeys(_ pass: Pass) -> [UInt64] {
        guard let noise = pass.noise, noise.regularization.attentionDropout > 0 else { return [] }
        return noise.keys(.attentionDropout, layer: layer)
    }
}
