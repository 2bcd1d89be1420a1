internal import CMath
public import Tensors

// T: packed frames. I: inputs. O: outputs.

/// Computes y = x Wᵀ + b.
///
/// - Parameters:
///   - input: x, (T, I).
///   - weight: W, (O, I).
///   - bias: b, (1, O).
///   - output: y, (T, O); overwritten.
public func linearForward(_ input: Matrix, weight: Matrix, bias: Tensor?, into output: Matrix) {
    precondition(
        input.columns == weight.columns && output.columns == weight.rows && output.rows == input.rows,
        "linear: \(input.rows)×\(input.columns) by (\(weight.rows)×\(weight.columns))ᵀ into "
            + "\(output.rows)×\(output.columns)")
    matrixMultiply(
        MatrixOperand(input), MatrixOperand(weight, transposed: true), m: input.rows, n: output.columns,
        k: input.columns, bias: bias, into: MatrixOperand(output))
}

/// Accumulates dW += dyᵀ x and db += Σ dy, and writes dx = dy W.
///
/// - Parameters:
///   - dOutput: dy, (T, O).
///   - input: x, (T, I).
///   - dWeight: (O, I); accumulated. nil leaves it out.
///   - dBias: (1, O); accumulated. nil leaves it out.
///   - adding: Whether dx is added to what is there, where paths meet, instead of overwriting it.
///   - dInput: (T, I); overwritten. nil leaves it out.
public func linearBackward(
    _ dOutput: Matrix, input: Matrix, weight: Matrix, dWeight: Tensor?, dBias: Tensor?,
    adding: Bool = false, into dInput: Matrix?
) {
    let (T, I, O) = (input.rows, input.columns, dOutput.columns)
    if let dWeight {
        matrixMultiply(
            MatrixOperand(dOutput, transposed: true), MatrixOperand(input), m: O, n: I, k: T, adding: true,
            into: MatrixOperand(dWeight))
    }
    if let dBias { addColumnSums(of: dOutput, into: dBias) }
    if let dInput {
        matrixMultiply(
            MatrixOperand(dOutput), MatrixOperand(weight), m: T, n: I, k: O, adding: adding,
            into: MatrixOperand(dInput))
    }
}

/// Adds the sum of each column: the gradient of a bias.
///
/// Columns are shared out to threads, each summed in order.
func addColumnSums(of matrix: Matrix, into sums: Tensor) {
    precondition(sums.count == matrix.columns, "\(matrix.columns) columns into \(sums.count) sums")
    guard sums.device == .cpu else { return }
    parallelFor(matrix.columns, grain: max(1, 65_536 / max(1, matrix.rows))) { columns in
        parp_add_matrix_column_sums(
            matrix.address(columns.lowerBound), matrix.precision.element, Int64(matrix.rows),
            Int64(matrix.columns), Int64(columns.count), sums.pointer + columns.lowerBound)
    }
}
