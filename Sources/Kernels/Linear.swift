internal import CMath
public import Tensors

// T: packed frames. I: inputs. O: outputs.

/// The memory order of a linear layer's weight.
public enum WeightOrder: Sendable, Hashable {
    /// (O, I), as in PyTorch's linear layers: y = x Wᵀ.
    case outputsByInputs
    /// (I, O), as in XLNet's projections: y = x W.
    case inputsByOutputs
}

/// Computes y = x Wᵀ + b.
///
/// - Parameters:
///   - input: x, (T, I).
///   - weight: W, (O, I), or of the other order.
///   - bias: b, (1, O).
///   - output: y, (T, O); overwritten.
public func linearForward(
    _ input: Matrix, weight: Matrix, order: WeightOrder = .outputsByInputs, bias: Tensor?,
    into output: Matrix
) {
    let transposed = order == .outputsByInputs
    precondition(
        input.columns == (transposed ? weight.columns : weight.rows)
            && output.columns == (transposed ? weight.rows : weight.columns) && output.rows == input.rows,
        "linear: \(input.rows)×\(input.columns) by \(weight.rows)×\(weight.columns) (\(order)) into "
            + "\(output.rows)×\(output.columns)")
    matrixMultiply(
        MatrixOperand(input), MatrixOperand(weight, transposed: transposed), m: input.rows,
        n: output.columns, k: input.columns, bias: bias, into: MatrixOperand(output))
}

/// Accumulates dW += dyᵀ x and db += Σ dy, and writes dx = dy W.
///
/// - Parameters:
///   - dOutput: dy, (T, O).
///   - input: x, (T, I).
///   - weight: W, (O, I), or of the other order, as is its gradient.
///   - dWeight: (O, I); accumulated. nil leaves it out.
///   - dBias: (1, O); accumulated. nil leaves it out.
///   - adding: Whether dx is added to the existing value, where paths meet, instead of overwriting it.
///   - dInput: (T, I); overwritten. nil leaves it out.
public func linearBackward(
    _ dOutput: Matrix, input: Matrix, weight: Matrix, order: WeightOrder = .outputsByInputs,
    dWeight: Tensor?, dBias: Tensor?, adding: Bool = false, into dInput: Matrix?
) {
    let (T, I, O) = (input.rows, input.columns, dOutput.columns)
    if let dWeight {
        precondition(
            dWeight.rows == weight.rows && dWeight.columns == weight.columns,
            "the gradient \(dWeight.rows)×\(dWeight.columns) of \(weight.rows)×\(weight.columns) weights")
        let (left, right) = order == .outputsByInputs ? (dOutput, input) : (input, dOutput)
        matrixMultiply(
            MatrixOperand(left, transposed: true), MatrixOperand(right), m: left.columns, n: right.columns,
            k: T, adding: true, into: MatrixOperand(dWeight))
    }
    if let dBias { addColumnSums(of: dOutput, into: dBias) }
    if let dInput {
        matrixMultiply(
            MatrixOperand(dOutput), MatrixOperand(weight, transposed: order == .inputsByOutputs), m: T, n: I,
            k: O, adding: adding,
            into: MatrixOperand(dInput))
    }
}

/// Adds the sum of each column: the gradient of a bias.
///
/// Columns are divided among threads, each summed in order.
func addColumnSums(of matrix: Matrix, into sums: Tensor) {
    precondition(sums.count == matrix.columns, "\(matrix.columns) columns into \(sums.count) sums")
    guard sums.device == .cpu else { return }
    parallelFor(matrix.columns, grain: max(1, 65_536 / max(1, matrix.rows))) { columns in
        parp_add_matrix_column_sums(
            matrix.address(columns.lowerBound), matrix.precision.element, Int64(matrix.rows),
            Int64(matrix.columns), Int64(columns.count), sums.pointer + columns.lowerBound)
    }
}
