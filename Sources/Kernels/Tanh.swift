internal import CMath
public import Tensors

/// Computes y = tanh(x), in place.
public func tanhForward(_ tensor: Tensor) {
    guard tensor.device == .cpu else { return }
    parallelFor(tensor.count, grain: 4096) { range in
        let start = tensor.pointer + range.lowerBound
        parp_tanh(start, start, Int64(range.count))
    }
}

/// Writes dx = dy (1 − y²).
///
/// May run in place of `dOutput`.
///
/// - Parameter output: y, as forward wrote it.
public func tanhBackward(_ dOutput: Tensor, output: Tensor, into dInput: Tensor) {
    precondition(
        dOutput.count == output.count && dInput.count == output.count,
        "the gradient of tanh of \(output.count) elements")
    guard dInput.device == .cpu else { return }
    for index in 0..<output.count { dInput[index] = dOutput[index] * (1 - output[index] * output[index]) }
}
