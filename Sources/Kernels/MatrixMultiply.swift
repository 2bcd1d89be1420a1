internal import CMath
internal import Tensors

/// A matrix operand with its leading dimension: `rows` × `columns` numbers, `stride` apart from row to row.
struct MatrixOperand {
    let pointer: UnsafeMutablePointer<Float>
    let stride: Int
    let transposed: Bool

    /// A window of a tensor's memory: rows start at `offset` and are `stride` apart.
    init(_ tensor: Tensor, offset: Int = 0, stride: Int? = nil, transposed: Bool = false) {
        pointer = tensor.pointer + offset
        self.stride = stride ?? tensor.columns
        self.transposed = transposed
    }
}

/// C (m, n) = alpha · op(A) · op(B) + beta · C, the only way to BLAS.
///
/// Views that are too small are the caller's fault.
func matrixMultiply(
    _ a: MatrixOperand, _ b: MatrixOperand, m: Int, n: Int, k: Int, alpha: Float = 1, beta: Float = 0,
    into c: MatrixOperand
) {
    guard m > 0, n > 0 else { return }
    let status = parp_matrix_multiply(
        a.transposed ? 1 : 0, b.transposed ? 1 : 0, Int64(m), Int64(n), Int64(k), alpha, a.pointer,
        Int64(a.stride), b.pointer, Int64(b.stride), beta, c.pointer, Int64(c.stride))
    precondition(status == 0, "a matrix product of \(m) × \(n) × \(k) does not fit BLAS's 32-bit extents")
}

/// Sets the threads of matrix products to those of the rank.
public func setMathThreads(_ count: Int) {
    Threads.count = count
    parp_set_blas_threads(Int32(clamping: count))
}
