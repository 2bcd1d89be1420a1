internal import CMath
public import Tensors

/// An operand of a product: a window of a matrix's memory, or its transpose.
struct MatrixOperand: Sendable {
    /// The window's start, with the type of its elements.
    private let origin: Matrix
    private let stride: Int
    private let transposed: Bool

    /// A window of a matrix's memory: rows start at element `offset` and are `stride` elements apart.
    init(_ matrix: Matrix, offset: Int = 0, stride: Int? = nil, transposed: Bool = false) {
        origin = Matrix(matrix.address(offset), rows: 1, columns: 1, precision: matrix.precision)
        self.stride = stride ?? matrix.columns
        self.transposed = transposed
    }

    /// A window of a tensor's memory.
    init(_ tensor: Tensor, offset: Int = 0, stride: Int? = nil, transposed: Bool = false) {
        self.init(Matrix(tensor), offset: offset, stride: stride, transposed: transposed)
    }

    /// The window's location.
    var device: Device { origin.device }

    /// This operand's part of the key of a compiled product.
    var form: ProductForm.Operand {
        ProductForm.Operand(stride: stride, transposed: transposed, precision: origin.precision)
    }

    /// The operand from a row of op(M) on.
    func from(row: Int) -> MatrixOperand { moved(by: transposed ? row : row * stride) }

    /// The operand from a column of op(M) on.
    func from(column: Int) -> MatrixOperand { moved(by: transposed ? column * stride : column) }

    private func moved(by elements: Int) -> MatrixOperand {
        MatrixOperand(origin, offset: elements, stride: stride, transposed: transposed)
    }

    fileprivate var shim: parp_matrix {
        parp_matrix(
            data: origin.pointer, stride: Int64(stride), transposed: transposed ? 1 : 0,
            element: origin.precision.element)
    }
}

extension GEMMPrecision {
    /// The element type as named by the C loops.
    var element: Int32 { Int32(self == .bfloat16 ? PARP_BFLOAT16 : PARP_FLOAT32) }
}

/// C (m, n) = op(A) · op(B) + bias, or C += op(A) · op(B): the only call of the product library.
///
/// Large products are split over this rank's threads; the library blocks its sums by the shape, so that last bits
/// may depend on the number of threads. Windows that are too small are the caller's fault.
///
/// - Parameters:
///   - splits: Whether it may be split; not if the caller already uses all threads.
func matrixMultiply(
    _ a: MatrixOperand, _ b: MatrixOperand, m: Int, n: Int, k: Int, bias: Tensor? = nil,
    adding: Bool = false, splits: Bool = true, into c: MatrixOperand
) {
    guard m > 0, n > 0 else { return }
    guard k > 0 else { return precondition(adding, "a product over nothing, \(m) × \(n) × 0") }
    precondition(bias == nil || (!adding && bias?.count == n), "a bias is written once, for \(n) columns")
    // A thread's share should take some tens of microseconds at least; whole tiles keep it efficient.
    let (tile, tileFlops) = (64, 2.0 * 64 * Double(k) * Double(min(m, n)))
    let grain = splits ? max(1, Int((4e6 / tileFlops).rounded(.up))) : .max
    let splitsRows = m >= n
    parallelParts(((splitsRows ? m : n) + tile - 1) / tile, grain: grain, on: c.device) { _, tiles in
        let part = tiles.lowerBound * tile..<min(tiles.upperBound * tile, splitsRows ? m : n)
        let status =
            splitsRows
            ? multiply(
                a.from(row: part.lowerBound), b, m: part.count, n: n, k: k, bias?.pointer, adding,
                c.from(row: part.lowerBound))
            : multiply(
                a, b.from(column: part.lowerBound), m: m, n: part.count, k: k,
                bias.map { $0.pointer + part.lowerBound }, adding, c.from(column: part.lowerBound))
        precondition(
            status == PARP_OK, "a matrix product of \(m) × \(n) × \(k) failed in the library (\(status))")
    }
}

private func multiply(
    _ a: MatrixOperand, _ b: MatrixOperand, m: Int, n: Int, k: Int, _ bias: UnsafeMutablePointer<Float>?,
    _ adding: Bool, _ c: MatrixOperand
) -> Int {
    guard c.device == .cpu else {
        ProductLedger.current?.note(a, b, c, m: m, n: n, k: k, hasBias: bias != nil, adding: adding)
        return Int(PARP_OK)
    }
    return Int(
        parp_matrix_multiply(
            Int64(m), Int64(n), Int64(k), a.shim, b.shim, bias, adding ? 1 : 0, c.shim))
}

/// Sets the threads that kernels use.
public func setMathThreads(_ count: Int) { Threads.count = count }

/// The product library, and whether it lacks bfloat16.
public var matrixLibrary: String {
    String(cString: parp_matrix_library()) + (emulatesBFloat16 ? ", bfloat16 emulated" : "")
}

/// The kind of CPU that the library detects, by its own name; empty if it does not say.
public var matrixCore: String { String(cString: parp_matrix_core()) }

/// The bytes that the library keeps for each product shape on this machine; 0 if it keeps nothing.
public func keptProductBytes(_ precision: GEMMPrecision) -> Int { Int(parp_product_bytes(precision.element)) }

/// Why products of a precision are not available here, with the fix; nil if they are.
public func unavailability(of precision: GEMMPrecision) -> String? {
    guard precision == .bfloat16 else { return nil }
    switch parp_bfloat16_support() {
    case Int32(PARP_SUPPORTED), Int32(PARP_EMULATED): return nil
    case Int32(PARP_NO_LIBRARY):
        return "this program was built without oneDNN, which multiplies bfloat16; install libdnnl-dev and "
            + "build again without PARP_ONEDNN=0, or \(otherPrecision)"
    default:
        return "this CPU cannot multiply bfloat16 (it lacks AVX-512 BF16); \(otherPrecision)"
    }
}

private let otherPrecision =
    "set precision.gemm = \"float32\" (or PARP_BFLOAT16=emulated in the environment, to try slowly what it computes)"

/// Whether bfloat16 products are emulated in float32, slowly, at the user's request
/// (`PARP_BFLOAT16=emulated`) because the CPU or the library has none.
public var emulatesBFloat16: Bool { parp_bfloat16_support() == Int32(PARP_EMULATED) }
