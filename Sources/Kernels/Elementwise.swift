internal import CMath
public import Tensors

/// Adds a tensor to another: y += x.
public func add(_ tensor: Tensor, into sum: Tensor) {
    precondition(tensor.count == sum.count, "add \(tensor.count) elements to \(sum.count)")
    guard sum.device == .cpu else { return }
    parallelFor(sum.count, grain: 16_384) { range in
        parp_add(
            tensor.pointer + range.lowerBound, sum.pointer + range.lowerBound, Int64(range.count))
    }
}

/// Adds a multiple of a tensor to another: y += factor · x.
public func add(_ tensor: Tensor, times factor: Float, into sum: Tensor) {
    precondition(tensor.count == sum.count, "add \(tensor.count) elements to \(sum.count)")
    guard sum.device == .cpu else { return }
    parallelFor(sum.count, grain: 16_384) { range in
        for index in range { sum.pointer[index] += factor * tensor.pointer[index] }
    }
}

/// Multiplies a tensor in place.
public func scale(_ tensor: Tensor, by factor: Float) {
    guard tensor.device == .cpu else { return }
    parallelFor(tensor.count, grain: 16_384) { range in
        parp_scale(tensor.pointer + range.lowerBound, factor, Int64(range.count))
    }
}

/// The sum of squares, in double and in a fixed order.
public func sumOfSquares(_ tensor: Tensor) -> Double {
    tensor.device == .cpu ? parp_sum_of_squares(tensor.pointer, Int64(tensor.count)) : 0
}

/// Whether no element is NaN or infinite.
public func allFinite(_ tensor: Tensor) -> Bool {
    tensor.device != .cpu || parp_all_finite(tensor.pointer, Int64(tensor.count)) != 0
}
