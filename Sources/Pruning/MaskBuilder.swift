/// Builds a mask from parts, in pool order.
public struct MaskBuilder: Sendable {
    private var bits: [UInt64] = []
    /// The weights so far.
    public private(set) var count = 0

    /// An empty mask.
    public init() {}

    /// Adds the lowest bits of a word, at most 64.
    public mutating func append(_ word: UInt64, count added: Int) {
        precondition((0...64).contains(added), "\(added) bits of a word")
        guard added > 0 else { return }
        let valid = added < 64 ? word & ((1 << UInt64(added)) - 1) : word
        let shift = UInt64(count % 64)
        if shift == 0 {
            bits.append(valid)
        } else {
            bits[bits.count - 1] |= valid << shift
            if Int(shift) + added > 64 { bits.append(valid >> (64 - shift)) }
        }
        count += added
    }

    /// Adds a range of another mask.
    public mutating func append(_ mask: PruningMask, _ range: Range<Int>) {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 64) {
            append(
                mask.word(at: start, limit: range.upperBound), count: min(64, range.upperBound - start))
        }
    }

    /// Adds bits packed eight per byte, lowest first.
    public mutating func append(packedBytes bytes: ArraySlice<UInt8>, count added: Int) {
        precondition(bytes.count == (added + 7) / 8, "\(bytes.count) bytes for \(added) bits")
        for (index, byte) in bytes.enumerated() {
            append(UInt64(byte), count: min(8, added - 8 * index))
        }
    }

    /// The mask.
    public consuming func build() -> PruningMask { PruningMask(bits: bits, count: count) }
}
