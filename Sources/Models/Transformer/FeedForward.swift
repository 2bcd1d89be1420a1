internal import Kernels
internal import Tensors

/// Two projections with GELU and dropout between them.
struct FeedForward: Sendable {
    let intermediate: LinearLayer
    let output: LinearLayer
    let layer: Int

    /// What backward needs.
    ///
    /// The activation is recomputed from `expanded` along with its gradient, which halves the layer's largest
    /// memory.
    struct Saved {
        let input: Matrix
        let expanded: Matrix
    }

    /// Registers both projections.
    init(
        _ names: BlockNames, size: Int, intermediateSize: Int, initializer: Initializer, layer: Int,
        in layout: inout ParameterLayout
    ) {
        intermediate = LinearLayer(
            names.intermediate, inputs: size, outputs: intermediateSize,
            role: .prunable(layer: layer, kind: .firstFeedForward), initializer: initializer, in: &layout)
        output = LinearLayer(
            names.output, inputs: intermediateSize, outputs: size,
            role: .prunable(layer: layer, kind: .secondFeedForward), initializer: initializer, in: &layout)
        self.layer = layer
    }

    func forward(_ input: Matrix, pass: Pass, arena: inout Arena, into result: Tensor) -> Saved {
        let expanded = arena.matrix(
            rows: input.rows, columns: intermediate.outputs, precision: pass.precision)
        intermediate.forward(input, pass: pass, arena: &arena, into: expanded)
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let activated = arena.matrix(like: expanded)
        geluForward(expanded, dropout: dropout(pass), into: activated)
        output.forward(activated, pass: pass, arena: &arena, into: Matrix(result))
        return Saved(input: input, expanded: expanded)
    }

    /// Accumulates the layer's gradients, and writes the input's or, with `adding`, adds to it.
    func backward(
        _ dResult: Matrix, saved: Saved, pass: Pass, adding: Bool, arena: inout Arena, into dInput: Tensor
    ) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let activated = arena.matrix(like: saved.expanded)
        let dExpanded = arena.matrix(like: saved.expanded)
        output.backward(dResult, pass: pass, arena: &arena, into: dExpanded)
        geluBackward(
            dExpanded, input: saved.expanded, dropout: dropout(pass), recomputing: activated, into: dExpanded)
        output.backward(dResult, input: activated, pass: pass, arena: &arena, into: nil)
        intermediate.backward(
            dExpanded, input: saved.input, pass: pass, adding: adding, arena: &arena,
            into: Matrix(dInput))
    }

    private func dropout(_ pass: Pass) -> Dropout? {
        pass.dropout(\.activationDropout, .activationDropout, layer: layer)
    }
}
