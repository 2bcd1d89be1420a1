/// A 64-bit hash of memory, for comparison between ranks.
///
/// It detects accidents, not attacks.
///
/// Eight lanes of multiply and shift over 64-byte blocks, then the tail, then the length: one pass at memory
/// speed.
public struct ContentHash: Sendable, Hashable, CustomStringConvertible {
    /// The hash.
    public private(set) var value: UInt64

    /// The hash of nothing, from a seed.
    public init(seed: UInt64 = 0) { value = CountedRandom.mix(seed &+ 0x2545_F491_4F6C_DD1D) }

    /// Adds words, in order.
    public mutating func combine(_ words: [UInt64]) {
        words.withUnsafeBytes { bytes in
            combine(wordCount: words.count) { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self) }
        }
    }

    /// Adds the bit patterns of floats, in order, two per word.
    public mutating func combine(_ tensor: Tensor) {
        // A view may start at an odd float, where no aligned word can be.
        let bytes = UnsafeRawPointer(tensor.pointer)
        combine(wordCount: tensor.count / 2) {
            bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)
        }
        if tensor.count % 2 == 1 {
            value = CountedRandom.mix(value ^ UInt64(tensor[tensor.count - 1].bitPattern))
        }
    }

    @inline(__always)
    private mutating func combine(wordCount: Int, word: (Int) -> UInt64) {
        var lanes = SIMD8<UInt64>(repeating: value)
        let multiplier = SIMD8<UInt64>(repeating: 0x9E37_79B9_7F4A_7C15)
        for lane in 0..<8 { lanes[lane] &+= UInt64(lane) &* 0xC2B2_AE3D_27D4_EB4F }
        var index = 0
        while index + 8 <= wordCount {
            var block = SIMD8<UInt64>()
            for lane in 0..<8 { block[lane] = word(index + lane) }
            lanes = (lanes ^ block) &* multiplier
            lanes ^= lanes &>> 29
            index += 8
        }
        var hash = UInt64(wordCount)
        for lane in 0..<8 { hash = CountedRandom.mix(hash ^ lanes[lane]) }
        while index < wordCount {
            hash = CountedRandom.mix(hash ^ word(index))
            index += 1
        }
        value = hash
    }

    /// Sixteen hexadecimal digits.
    public var description: String { Self.text(value) }

    /// A hash as sixteen hexadecimal digits.
    public static func text(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// A hash of a text that is the same everywhere (FNV-1a).
public func textHash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}
