internal import Synchronization
public import Tensors

/// The products that passes over the counting device would make the library compile.
///
/// oneDNN compiles one for each shape, and keeps it: for utterances of many lengths, these take tens of
/// megabytes.
public final class ProductLedger: Sendable {
    @TaskLocal static var current: ProductLedger?

    private let forms = Mutex<Set<ProductForm>>([])

    /// A ledger of no products yet.
    public init() {}

    /// The number of distinct products noted so far.
    public var count: Int { forms.withLock { $0.count } }

    /// Notes the products of a pass.
    public func noting(_ body: () -> Void) { Self.$current.withValue(self, operation: body) }

    func note(
        _ a: MatrixOperand, _ b: MatrixOperand, _ c: MatrixOperand, m: Int, n: Int, k: Int, hasBias: Bool,
        adding: Bool
    ) {
        let form = ProductForm(
            m: m, n: n, k: k, a: a.form, b: b.form, c: c.form, hasBias: hasBias, adding: adding)
        forms.withLock { _ = $0.insert(form) }
    }

    /// The maximum number of products kept (CShims/CMath/onednn.c).
    private static let limit = 512

    /// Whether the maximum was noted: more change nothing.
    public var isFull: Bool { count >= Self.limit }

    /// The bytes that the library keeps on this machine for the products noted.
    public func keptBytes(_ precision: GEMMPrecision) -> Int {
        min(count, Self.limit) * keptProductBytes(precision)
    }
}

/// The key of a compiled product (`product_key` in CShims/CMath/onednn.c).
struct ProductForm: Hashable, Sendable {
    struct Operand: Hashable, Sendable {
        let stride: Int
        let transposed: Bool
        let precision: GEMMPrecision
    }

    let m, n, k: Int
    let a, b, c: Operand
    let hasBias, adding: Bool
}
