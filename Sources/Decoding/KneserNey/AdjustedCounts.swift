/// Counts for Kneser–Ney smoothing: occurrences of the longest n-grams and of those that begin a sentence;
/// for all others, the number of distinct preceding words (Heafield et al., 2013, section 3.2).
///
/// Computed in one pass over the longest n-grams in suffix order, where all with the same ending are
/// adjacent.
struct AdjustedCounts {
    /// An n-gram whose last words those at hand still share.
    private struct Open {
        var adjusted: UInt64
        var occurrences: UInt64
    }

    private let order: Int
    private let wordBits: Int
    private let thresholds: [Int]
    private let sentenceStart: UInt64
    private var open: [Open] = []
    private var previous: [UInt64] = []
    /// For each order, the number of n-grams with an adjusted count of one, two, three and four.
    private(set) var countsOfCounts: [[Int]]
    /// The number of n-grams of each order that are kept.
    private(set) var kept: [Int]

    init(order: Int, wordBits: Int, thresholds: [Int], sentenceStart: UInt64) {
        self.order = order
        self.wordBits = wordBits
        self.thresholds = thresholds
        self.sentenceStart = sentenceStart
        countsOfCounts = Array(repeating: [0, 0, 0, 0], count: order)
        kept = Array(repeating: 0, count: order)
    }

    /// Reads the longest n-grams, with words latest first, and reports those of all orders.
    mutating func run(
        _ stream: consuming NGramStream,
        _ tell: (_ words: [UInt64], _ count: UInt64, _ isPruned: Bool) throws -> Void
    ) throws {
        let mask = UInt128(1) << UInt128(wordBits) - 1
        while let record = try stream.pop() {
            var words = (0..<order).map {
                UInt64(truncatingIfNeeded: record.key >> UInt128(wordBits * (order - 1 - $0)) & mask)
            }
            // Words before the start of a sentence are padding.
            if let start = words.firstIndex(of: sentenceStart) { words.removeLast(order - 1 - start) }
            try add(words, count: record.first, tell)
        }
        try close(downTo: 0, tell)
    }

    private mutating func add(
        _ words: [UInt64], count: UInt64, _ tell: ([UInt64], UInt64, Bool) throws -> Void
    ) throws {
        let same = zip(words, previous).prefix { $0 == $1 }.count
        try close(downTo: same, tell)
        for index in 0..<same { open[index].occurrences += count }
        if same > 0 { open[same - 1].adjusted += 1 }
        previous = words
        for length in stride(from: same + 1, through: words.count, by: 1) {
            let isCounted = length == order || words[length - 1] == sentenceStart
            open.append(Open(adjusted: isCounted ? count : 1, occurrences: count))
        }
    }

    /// Finishes the n-grams longer than what the next one shares.
    private mutating func close(
        downTo length: Int, _ tell: ([UInt64], UInt64, Bool) throws -> Void
    ) throws {
        while open.count > length {
            let index = open.count - 1
            let gram = open.removeLast()
            let isPruned =
                gram.occurrences <= UInt64(thresholds[index]) && !(index == 0 && isSpecial(previous[0]))
            if (1...4).contains(gram.adjusted) { countsOfCounts[index][Int(gram.adjusted) - 1] += 1 }
            if !isPruned { kept[index] += 1 }
            try tell(Array(previous[...index]), gram.adjusted, isPruned)
        }
    }

    private func isSpecial(_ word: UInt64) -> Bool { word <= KneserNeyBuilder.lastSpecial }
}
