internal import Tensors

/// One bit per weight of the pool: 1 keeps, 0 prunes.
public struct PruningMask: Sendable, Hashable {
    /// The bits, 64 per word from the lowest up; those after the last weight are 0.
    public let bits: [UInt64]
    /// The number of weights.
    public let count: Int

    /// A mask of these bits; bits after the last weight are dropped.
    public init(bits: [UInt64], count: Int) {
        precondition(bits.count == (count + 63) / 64, "\(bits.count) words for \(count) weights")
        var bits = bits
        if count % 64 != 0 { bits[bits.count - 1] &= (1 << UInt64(count % 64)) - 1 }
        self.bits = bits
        self.count = count
    }

    /// The mask that keeps everything.
    public static func allKept(count: Int) -> PruningMask {
        PruningMask(bits: Array(repeating: .max, count: (count + 63) / 64), count: count)
    }

    /// Whether a weight is kept.
    public subscript(index: Int) -> Bool { bits[index / 64] >> UInt64(index % 64) & 1 == 1 }

    /// The weights kept.
    public var keptCount: Int { bits.reduce(0) { $0 + $1.nonzeroBitCount } }
    /// The weights pruned.
    public var prunedCount: Int { count - keptCount }
    /// The share of weights that are pruned.
    public var sparsity: Double { count > 0 ? Double(prunedCount) / Double(count) : 0 }

    /// A hash of the bits, for comparison between ranks.
    public var hash: UInt64 {
        var hash = ContentHash(seed: UInt64(count))
        hash.combine(bits)
        return hash.value
    }

    /// The weights kept here that another, earlier mask had pruned.
    public func revived(since earlier: PruningMask) -> Int {
        precondition(count == earlier.count, "masks of \(count) and \(earlier.count) weights")
        return zip(bits, earlier.bits).reduce(0) { $0 + ($1.0 & ~$1.1).nonzeroBitCount }
    }

    /// The weights kept in a range of the pool.
    public func keptCount(in range: Range<Int>) -> Int {
        stride(from: range.lowerBound, to: range.upperBound, by: 64).reduce(0) { total, start in
            total + word(at: start, limit: range.upperBound).nonzeroBitCount
        }
    }

    /// The 64 bits from a place on; those from `limit` on are 0.
    func word(at start: Int, limit: Int) -> UInt64 {
        let (index, shift) = (start / 64, UInt64(start % 64))
        var word = bits[index] >> shift
        if shift > 0 && index + 1 < bits.count { word |= bits[index + 1] << (64 - shift) }
        let valid = limit - start
        return valid < 64 ? word & ((1 << UInt64(valid)) - 1) : word
    }
}
