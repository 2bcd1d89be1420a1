extension PruningMask {
    /// The bits of a range of the pool, eight per byte, lowest bit first; the last byte is padded with zeros.
    public func packedBytes(_ range: Range<Int>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity((range.count + 7) / 8)
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 64) {
            let word = word(at: start, limit: range.upperBound)
            let count = (min(64, range.upperBound - start) + 7) / 8
            for byte in 0..<count { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * byte))) }
        }
        return bytes
    }

    /// The mask with these bits, eight per byte, lowest first.
    public init?(packedBytes bytes: [UInt8], count: Int) {
        guard bytes.count == (count + 7) / 8 else { return nil }
        var words = [UInt64](repeating: 0, count: (count + 63) / 64)
        for (index, byte) in bytes.enumerated() { words[index / 8] |= UInt64(byte) << UInt64(index % 8 * 8) }
        self.init(bits: words, count: count)
    }
}
