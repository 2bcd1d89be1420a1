internal import CMath
public import Tensors

/// Normalises each row: y = (x − mean) · inverseDeviation · weight + bias (Ba, Kiros and Hinton, 2016).
///
/// - Parameters:
///   - input: x, (T, C).
///   - weight: (1, C).
///   - bias: (1, C).
///   - epsilon: Added to the population variance.
///   - mean: (1, T); overwritten, for backward.
///   - inverseDeviation: (1, T); overwritten, for backward.
///   - output: y, (T, C); overwritten, may be the input.
public func layerNormForward(
    _ input: Tensor, weight: Tensor, bias: Tensor, epsilon: Float, mean: Tensor, inverseDeviation: Tensor,
    into output: Tensor
) {
    let C = input.columns
    precondition(weight.count == C && bias.count == C, "layer norm of \(C) channels by \(weight.count)")
    precondition(mean.count == input.rows && output.count == input.count, "layer norm of \(input.rows) rows")
    parallelFor(input.rows, grain: 64) { rows in
        parp_layer_norm_forward(
            input.rows(rows).pointer, weight.pointer, bias.pointer, epsilon, Int64(rows.count), Int64(C),
            mean.pointer + rows.lowerBound, inverseDeviation.pointer + rows.lowerBound,
            output.rows(rows).pointer)
    }
}

/// Accumulates dWeight and dBias, and writes dx.
///
/// - Parameters:
///   - dOutput: dy, (T, C).
///   - dWeight: (1, C); accumulated. nil leaves both parameters out.
///   - dBias: (1, C); accumulated.
///   - dInput: (T, C); overwritten, must not be `dOutput` unless the parameters are left out. nil leaves it
///     out.
public func layerNormBackward(
    _ dOutput: Tensor, input: Tensor, weight: Tensor, mean: Tensor, inverseDeviation: Tensor,
    dWeight: Tensor?, dBias: Tensor?, into dInput: Tensor?
) {
    let C = input.columns
    precondition(dOutput.count == input.count && weight.count == C, "layer norm of \(C) channels")
    if let dWeight, let dBias {
        parp_layer_norm_parameter_gradients(
            dOutput.pointer, input.pointer, mean.pointer, inverseDeviation.pointer, Int64(input.rows),
            Int64(C), dWeight.pointer, dBias.pointer)
    }
    guard let dInput else { return }
    parallelFor(input.rows, grain: 64) { rows in
        parp_layer_norm_backward(
            dOutput.rows(rows).pointer, input.rows(rows).pointer, weight.pointer,
            mean.pointer + rows.lowerBound, inverseDeviation.pointer + rows.lowerBound, Int64(rows.count),
            Int64(C), dInput.rows(rows).pointer)
    }
}
