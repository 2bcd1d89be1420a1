/// What an `Arena` would do, in numbers alone.
///
/// Allocations are made and released as a pass makes them, and the most bytes in use at once are what it needs. A
/// plan reads like the code it stands for.
public struct ArenaPlan: Sendable {
    /// Bytes in use.
    public private(set) var usedBytes = 0
    /// The most bytes ever in use at once.
    public private(set) var peakBytes = 0

    /// A plan of nothing yet.
    public init() {}

    /// What an allocation of so many bytes takes of an arena, which begins each at a cache line.
    static func rounded(_ bytes: Int) -> Int { (bytes + 63) & ~63 }

    /// A matrix of float32.
    public mutating func tensor(rows: Int, columns: Int) {
        bytes(rows * columns * MemoryLayout<Float>.stride)
    }

    /// A matrix for products.
    public mutating func matrix(rows: Int, columns: Int, precision: GEMMPrecision) {
        bytes(rows * columns * precision.bytes)
    }

    /// A vector of float32.
    public mutating func vector(_ count: Int) { tensor(rows: 1, columns: count) }

    /// Allocations that are released together, behind the last of them.
    public mutating func scoped(_ body: (inout ArenaPlan) -> Void) {
        let mark = usedBytes
        body(&self)
        usedBytes = mark
    }

    private mutating func bytes(_ count: Int) {
        usedBytes += Self.rounded(count)
        peakBytes = max(peakBytes, usedBytes)
    }
}
