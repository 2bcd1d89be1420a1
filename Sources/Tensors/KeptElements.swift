/// A subset of a flat buffer's elements: with a fixed mask, the gradients of pruned weights need not be sent, and
/// Adam keeps no moments of them.
public struct KeptElements: Sendable, Equatable {
    /// One bit per element, 64 per word from the lowest up; 1 keeps.
    package let words: [UInt64]
    /// The bit of the first element.
    package let firstBit: Int

    /// A description of `words.count * 64` elements or a few less.
    public init(words: [UInt64]) { self.init(words: words, firstBit: 0) }

    private init(words: [UInt64], firstBit: Int) {
        (self.words, self.firstBit) = (words, firstBit)
    }

    /// Whether an element is kept.
    public subscript(index: Int) -> Bool {
        let bit = firstBit + index
        return words[bit / 64] >> UInt64(bit % 64) & 1 == 1
    }

    /// The elements from an index on.
    public func from(_ index: Int) -> KeptElements { KeptElements(words: words, firstBit: firstBit + index) }

    /// Whether there is a bit for each of `count` elements.
    public func covers(_ count: Int) -> Bool { firstBit + count <= 64 * words.count }

    /// How many elements of a range are kept.
    public func keptCount(in range: Range<Int>) -> Int {
        var count = 0
        var bit = firstBit + range.lowerBound
        let end = firstBit + range.upperBound
        while bit < end {
            let taken = min(64 - bit % 64, end - bit)
            let word = words[bit / 64] >> UInt64(bit % 64)
            count += (taken == 64 ? word : word & (1 << UInt64(taken) - 1)).nonzeroBitCount
            bit += taken
        }
        return count
    }

    /// Sets the elements that are not kept to 0.
    public func clearDropped(in tensor: Tensor) {
        precondition(
            covers(tensor.count), "\(tensor.count) elements, but \(words.count * 64 - firstBit) bits")
        for index in 0..<tensor.count where !self[index] { tensor[index] = 0 }
    }
}
