internal import Kernels
internal import Tensors

/// Two projections with GELU and dropout between them.
struct FeedForward: Sendable {
    let intermediate: LinearLayer
    let output: LinearLayer
    let layer: Int

    /// What backward needs.
    ///
    /// The activation is recomputed from `expanded`, which halves the layer's largest memory.
    struct Saved {
        let input: Tensor
        let expanded: Tensor
    }

    /// Registers `name.intermediate_dense` and `name.output_dense`.
    init(
        _ name: String, size: Int, intermediateSize: Int, initializer: Initializer, layer: Int,
        in layout: inout ParameterLayout
    ) {
        intermediate = LinearLayer(
            "\(name).intermediate_dense", inputs: size, outputs: intermediateSize, role: .prunable,
            initializer: initializer, in: &layout)
        output = LinearLayer(
            "\(name).output_dense", inputs: intermediateSize, outputs: size, role: .prunable,
            initializer: initializer, in: &layout)
        self.layer = layer
    }

    func forward(_ input: Tensor, pass: Pass, arena: inout Arena, into result: Tensor) -> Saved {
        let expanded = arena.tensor(rows: input.rows, columns: intermediate.outputs)
        intermediate.forward(input, pass: pass, into: expanded)
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let activated = arena.tensor(like: expanded)
        activate(expanded, pass: pass, into: activated)
        output.forward(activated, pass: pass, into: result)
        return Saved(input: input, expanded: expanded)
    }

    func backward(_ dResult: Tensor, saved: Saved, pass: Pass, arena: inout Arena, into dInput: Tensor) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let activated = arena.tensor(like: saved.expanded)
        activate(saved.expanded, pass: pass, into: activated)
        let dActivated = arena.tensor(like: saved.expanded)
        output.backward(dResult, input: activated, pass: pass, into: dActivated)
        pass.dropoutBackward(
            dActivated, \.activationDropout, .activationDropout, layer: layer, into: dActivated)
        geluBackward(dActivated, input: saved.expanded, into: dActivated)
        intermediate.backward(dActivated, input: saved.input, pass: pass, into: dInput)
    }

    private func activate(_ expanded: Tensor, pass: Pass, into activated: Tensor) {
        geluForward(expanded, into: activated)
        pass.dropoutForward(activated, \.activationDropout, .activationDropout, layer: layer)
    }
}
