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
public func linearForward(_ input: Tensor, weight: Tensor, bias: Tensor?, into output: Tensor) {
    precondition(
        input.columns == weight.columns && output.columns == weight.rows && output.rows == input.rows,
        "linear: \(input.rows)×\(input.columns) by (\(weight.rows)×\(weight.columns))ᵀ into "
            + "\(output.rows)×\(output.columns)")
    let (T, I, O) = (input.rows, input.columns, output.columns)
    // The bias is laid down first, so that the product adds to it: one pass over the output less.
    if let bias {
        parallelFor(T, grain: 64) { rows in
            for row in rows { output.rows(row..<row + 1).copy(from: bias) }
        }
    }
    matrixMultiply(
        MatrixOperand(input), MatrixOperand(weight, transposed: true), m: T, n: O, k: I,
        beta: bias == nil ? 0 : 1, into: MatrixOperand(output))
}

/// Accumulates dW += dyᵀ x and db += Σ dy, and writes dx = dy W.
///
/// - Parameters:
///   - dOutput: dy, (T, O).
///   - dWeight: (O, I); accumulated. nil leaves it out.
///   - dBias: (1, O); accumulated. nil leaves it out.
///   - dInput: (T, I); overwritten. nil leaves it out.
public func linearBackward(
    _ dOutput: Tensor, input: Tensor, weight: Tensor, dWeight: Tensor?, dBias: Tensor?,
    into dInput: Tensor?
) {
    let (T, I, O) = (input.rows, input.columns, dOutput.columns)
    if let dWeight {
        matrixMultiply(
            MatrixOperand(dOutput, transposed: true), MatrixOperand(input), m: O, n: I, k: T, beta: 1,
            into: MatrixOperand(dWeight))
    }
    if let dBias { parp_add_column_sums(dOutput.pointer, Int64(T), Int64(O), dBias.pointer) }
    if let dInput {
        matrixMultiply(
            MatrixOperand(dOutput), MatrixOperand(weight), m: T, n: I, k: O, into: MatrixOperand(dInput))
    }
}
