internal import Kernels
public import Tensors

/// Writes the elements of a matrix as float32, exactly.
public func widen(_ matrix: Matrix, into tensor: Tensor) {
    gatherRows(
        matrix, Array(0..<matrix.rows), into: tensor.reshaped(rows: matrix.rows, columns: matrix.columns))
}
