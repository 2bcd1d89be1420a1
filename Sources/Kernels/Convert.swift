internal import CMath
public import Tensors

/// Writes a tensor in the precision of products: rounded to nearest, or copied.
public func convert(_ tensor: Tensor, into matrix: Matrix) {
    precondition(tensor.count == matrix.count, "\(tensor.count) elements as \(matrix.count)")
    guard matrix.device == .cpu else { return }
    parallelFor(tensor.count, grain: 32_768) { range in
        parp_convert(
            tensor.pointer + range.lowerBound, matrix.address(range.lowerBound), matrix.precision.element,
            Int64(range.count))
    }
}

/// Writes the elements of a matrix as float32, exactly.
public func widen(_ matrix: Matrix, into tensor: Tensor) {
    precondition(tensor.count == matrix.count, "\(matrix.count) elements as \(tensor.count)")
    guard tensor.device == .cpu else { return }
    parallelFor(tensor.count, grain: 32_768) { range in
        parp_widen(
            matrix.address(range.lowerBound), matrix.precision.element, tensor.pointer + range.lowerBound,
            Int64(range.count))
    }
}
