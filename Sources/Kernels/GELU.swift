internal import CMath
public import Tensors

/// Computes y = x Φ(x), with the exact normal distribution (Hendrycks and Gimpel, 2016).
///
/// May run in place.
public func geluForward(_ input: Tensor, into output: Tensor) {
    precondition(input.count == output.count, "GELU of \(input.count) elements into \(output.count)")
    parallelFor(input.count, grain: 16_384) { range in
        let start = range.lowerBound
        parp_gelu_forward(input.pointer + start, output.pointer + start, Int64(range.count))
    }
}

/// Writes dx = dy (Φ(x) + x φ(x)).
///
/// May run in place of `dOutput`.
public func geluBackward(_ dOutput: Tensor, input: Tensor, into dInput: Tensor) {
    precondition(dOutput.count == input.count && dInput.count == input.count, "GELU of \(input.count)")
    parallelFor(input.count, grain: 16_384) { range in
        let start = range.lowerBound
        parp_gelu_backward(
            dOutput.pointer + start, input.pointer + start, dInput.pointer + start, Int64(range.count))
    }
}
