internal import CMath
public import Tensors

/// Computes y = dropout(x Φ(x)), with the exact normal distribution (Hendrycks and Gimpel, 2016).
///
/// May run in place.
///
/// - Parameters:
///   - input: x, (T, C), packed.
///   - dropout: nil drops nothing.
///   - output: y, (T, C), of the input's precision; overwritten.
public func geluForward(_ input: Matrix, dropout: Dropout? = nil, into output: Matrix) {
    precondition(
        input.count == output.count && input.precision == output.precision,
        "GELU of \(input.count) elements into \(output.count)")
    guard output.device == .cpu else { return }
    forEachRun(input, dropout) { start, count, rule in
        parp_gelu_forward(
            input.address(start), output.address(start), input.precision.element, Int64(count), rule)
    }
}

/// Writes dx = dy (Φ(x) + x φ(x)).
///
/// May run in place of `dOutput`.
public func geluBackward(_ dOutput: Matrix, input: Matrix, into dInput: Matrix) {
    checkGradient(dOutput, input, dInput)
    guard dInput.device == .cpu else { return }
    parallelFor(input.count, grain: 16_384) { run in
        let start = run.lowerBound
        parp_gelu_backward(
            dOutput.address(start), input.address(start), dInput.address(start), input.precision.element,
            Int64(run.count))
    }
}

/// Writes dx = dropout(dy) (Φ(x) + x φ(x)), and y = dropout(x Φ(x)) again, with forward's bits.
///
/// One pass for both, since Φ(x) is the main cost of either: if only x was kept, y is needed for the gradient
/// of the weights that multiplied it. May run in place of `dOutput`.
///
/// - Parameters:
///   - output: y, (T, C); overwritten.
///   - dInput: dx, (T, C); overwritten.
public func geluBackward(
    _ dOutput: Matrix, input: Matrix, dropout: Dropout?, recomputing output: Matrix, into dInput: Matrix
) {
    checkGradient(dOutput, input, dInput)
    precondition(
        output.count == input.count && output.precision == input.precision,
        "GELU of \(input.count) elements into \(output.count)")
    guard dInput.device == .cpu else { return }
    forEachRun(input, dropout) { start, count, rule in
        parp_gelu_recompute(
            dOutput.address(start), input.address(start), dInput.address(start), output.address(start),
            input.precision.element, Int64(count), rule)
    }
}

private func checkGradient(_ dOutput: Matrix, _ input: Matrix, _ dInput: Matrix) {
    precondition(
        dOutput.count == input.count && dInput.count == input.count
            && dOutput.precision == input.precision && dInput.precision == input.precision,
        "the gradient of GELU of \(input.count) elements")
}

/// Calls with runs of elements that share a dropout sequence: all, or the rows of one utterance.
private func forEachRun(
    _ matrix: Matrix, _ dropout: Dropout?, _ body: @Sendable (Int, Int, parp_dropout_rule) -> Void
) {
    guard let dropout else {
        parallelFor(matrix.count, grain: 16_384) { body($0.lowerBound, $0.count, .none) }
        return
    }
    dropout.forEachRows(columns: matrix.columns) { rows, rule in
        body(rows.lowerBound * matrix.columns, rows.count * matrix.columns, rule)
    }
}
