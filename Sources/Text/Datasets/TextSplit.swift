/// Splits examples by a hash of their text, or of both texts of a pair, so that a repeated one is on one side
/// only.
///
/// The side is a function of the text's words and the seed: the same on every machine, in any order of the
/// file, and whatever else the file holds.
public struct TextSplit: Sendable {
    /// The share of texts to validate on.
    public let validShare: Double
    /// The share of texts to test on.
    public let testShare: Double
    /// What else the side depends on.
    public let seed: UInt64

    /// A side.
    public enum Side: String, Sendable, CaseIterable {
        case train
        case valid
        case test
    }

    /// A split by shares of the texts.
    public init(validShare: Double, testShare: Double = 0, seed: UInt64 = 0) {
        precondition(
            validShare >= 0 && testShare >= 0 && validShare + testShare <= 1,
            "shares of \(validShare) and \(testShare) must be at least 0 and sum to less than 1")
        self.validShare = validShare
        self.testShare = testShare
        self.seed = seed
    }

    /// The side of an example.
    public func side(of example: TextExample) -> Side {
        let place = Double(hash(example) >> 11) * 0x1p-53
        return place < testShare ? .test : place < testShare + validShare ? .valid : .train
    }

    /// Examples by side, in order.
    public func parts(of examples: [TextExample]) -> [Side: [TextExample]] {
        Dictionary(grouping: examples, by: side)
    }

    /// FNV-1a over the words' bytes with a space between, and a line break between texts, its bits mixed as
    /// in SplitMix64: FNV alone makes the high bits of short texts alike.
    private func hash(_ example: TextExample) -> UInt64 {
        var hash = 0xCBF2_9CE4_8422_2325 ^ seed
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        func add(_ text: String) {
            for (index, word) in words(text).enumerated() {
                if index > 0 { add(0x20) }
                word.utf8.forEach(add)
            }
        }
        add(example.text)
        if let pair = example.textPair {
            // No word has a line break.
            add(0x0A)
            add(pair)
        }
        hash = (hash ^ hash >> 30) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ hash >> 27) &* 0x94D0_49BB_1331_11EB
        return hash ^ hash >> 31
    }
}
