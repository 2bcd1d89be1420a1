public import Tensors

/// A counted sequence read from its start.
public struct CountedSequence: RandomNumberGenerator, Sendable {
    private let random: CountedRandom
    private var index: UInt64 = 0

    fileprivate init(random: CountedRandom) { self.random = random }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        defer { index &+= 1 }
        return random.bits(at: index)
    }
}

extension CountedRandom {
    /// The numbers in order, for the standard library's shuffles and draws.
    public var sequence: CountedSequence { CountedSequence(random: self) }
}
