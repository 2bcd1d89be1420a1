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
