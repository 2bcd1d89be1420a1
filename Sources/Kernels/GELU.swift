internal import CMath
public import Tensors

/// Computes y = dropout(x Φ(x)), with the exact normal distribution (Hendrycks and Gimpel, 2016).
///
/// May run in place.
///
/// - Parameters:
///   - input: x, (T, C), packed.
///   - dropout: Nothing is dropped where it is nil.
///   - output: y, (T, C), of the input's precision; overwritten.
public func geluForward(_ input: Matrix, dropout: Dropout? = nil, into output: Matrix) {
    precondition(
        input.count == output.count && input.precision == output.precision,
        "GELU of \(input.count) elements into \(output.count)")
    forEachRun(input, dropout) { start, count, rule in
        parp_gelu_forward(
            input.address(start), output.address(start), input.precision.element, Int64(count), rule)
    }
}

/// Writes dx = dropout(dy) (Φ(x) + x φ(x)).
///
/// May run in place of `dOutput`.
public func geluBackward(_ dOutput: Matrix, input: Matrix, dropout: Dropout? = nil, into dInput: Matrix) {
    precondition(
        dOutput.count == input.count && dInput.count == input.count
            && dOutput.precision == input.precision && dInput.precision == input.precision,
        "the gradient of GELU of \(input.count) elements")
    forEachRun(input, dropout) { start, count, rule in
        parp_gelu_backward(
            dOutput.address(start), input.address(start), dInput.address(start), input.precision.element,
            Int64(count), rule)
    }
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
