/// Estimates a language model from text by interpolated modified Kneser–Ney smoothing (Chen and Goodman,
/// 1998), in bounded memory (Heafield et al., 2013): all n-grams are sorted, through scratch if there are
/// many, and each step reads them in the order it needs.
///
/// The numbers equal those of KenLM's `lmplz`, including `<unk>`.
public struct KneserNeyBuilder {
    // The numbers of `<unk>`, `<s>` and `</s>`.
    static let unknown: UInt64 = 0
    static let start: UInt64 = 1
    static let end: UInt64 = 2
    static let lastSpecial: UInt64 = 2

    private let workspace: Workspace
    private let order: Int
    private let thresholds: [Int]
    /// Fixed before the number of words is known.
    private let wordBits: Int
    private var words = WordTable()
    private var counter: NGramSorter
    private var fields: [ArraySlice<UInt8>] = []
    /// Words read, without sentence ends.
    public private(set) var tokens = 0

    /// A builder of a model of an order.
    ///
    /// - Parameter prune: For each order from the first on, n-grams that occur at most this often are left
    ///   out; the last number applies to higher orders.
    /// - Throws: `DecodingError` for an unsupported order, or decreasing numbers.
    public init(order: Int, prune: [Int] = [], workspace: Workspace) throws(DecodingError) {
        guard (1...NGramContext.highestOrder).contains(order) else {
            throw DecodingError(
                "order \(order) is not supported; orders are 1 to \(NGramContext.highestOrder)")
        }
        let thresholds = (0..<order).map { prune.isEmpty ? 0 : prune[min($0, prune.count - 1)] }
        guard prune.count <= order, thresholds.allSatisfy({ $0 >= 0 }), thresholds == thresholds.sorted()
        else {
            throw DecodingError(
                "pruning by \(prune) is not possible: at most one number per order, none below the previous one"
            )
        }
        self.workspace = workspace
        self.order = order
        self.thresholds = thresholds
        wordBits = min(32, UInt128.bitWidth / order)
        counter = NGramSorter(workspace) { $0.first += $1.first }
        for word in [SpecialWord.unknown, SpecialWord.start, SpecialWord.end] { _ = words.insert(word[...]) }
    }

    /// Counts the n-grams of a text with one sentence per line.
    ///
    /// - Throws: `DecodingError` that names the line of a special word or of invalid UTF-8.
    public mutating func add(name: String, _ source: @escaping ByteSource) throws {
        var lines = ByteLines(source)
        while let line = try lines.next() {
            splitFields(line, into: &fields)
            if fields.isEmpty { continue }
            guard String(validating: line, as: UTF8.self) != nil else {
                throw DecodingError("\(name): line \(lines.number): invalid UTF-8")
            }
            // As if `<s>` had filled all words before.
            var key: UInt128 = 0
            for _ in 1..<order { key = key >> UInt128(wordBits) | shifted(Self.start) }
            for field in fields {
                let (index, isNew) = words.insert(field)
                guard index > Int(Self.lastSpecial) else {
                    throw DecodingError(
                        "\(name): line \(lines.number): \(String(decoding: field, as: UTF8.self)) is one "
                            + "of the model's special words; remove it from the text")
                }
                guard !isNew || index < 1 << wordBits else {
                    throw DecodingError(
                        "more than \(1 << wordBits) words, the maximum for order \(order)")
                }
                key = key >> UInt128(wordBits) | shifted(UInt64(index))
                try counter.append(NGramRecord(key: key, first: 1))
                tokens += 1
            }
            key = key >> UInt128(wordBits) | shifted(Self.end)
            try counter.append(NGramRecord(key: key, first: 1))
        }
    }

    /// A word at the place that the latest one has in a key.
    private func shifted(_ word: UInt64) -> UInt128 { UInt128(word) << UInt128(wordBits * (order - 1)) }

    /// Estimates the model and writes it.
    ///
    /// - Returns: The discounts of each order.
    /// - Throws: `DecodingError` if there was no text, or what the workspace throws.
    public consuming func finish(into output: inout some NGramOutput) throws -> [Discounts] {
        guard tokens > 0 else { throw DecodingError("the text has no words") }
        let bits = wordBits
        // Each order is sorted twice, and all of them may be in memory.
        let share = Workspace(
            memoryBytes: workspace.memoryBytes / (2 * order), scratch: workspace.scratch)
        var sorters = (0..<order).map { _ in NGramSorter(share) }
        var counts = AdjustedCounts(
            order: order, wordBits: wordBits, thresholds: thresholds, sentenceStart: Self.start)
        try counts.run(counter.sorted()) { words, count, isPruned in
            // In prefix order now: the first word is compared first.
            var key: UInt128 = 0
            for word in words.reversed() { key = key << UInt128(bits) | UInt128(word) }
            try sorters[words.count - 1].append(NGramRecord(key: key, first: count, second: isPruned ? 1 : 0))
        }
        // Neither follows anything, and `<s>` is a context.
        for word in [Self.unknown, Self.start] {
            try sorters[0].append(NGramRecord(key: UInt128(word), first: 0))
        }
        let discounts = counts.countsOfCounts.map { Discounts(countsOfCounts: $0) }
        var kept = counts.kept
        kept[0] += 2
        try output.begin(words: words, counts: kept)
        var estimate = Interpolation(
            order: order, wordBits: wordBits, workspace: share, discounts: discounts, vocabulary: kept[0] - 1)
        try estimate.run(&sorters, into: &output)
        try output.finish()
        return discounts
    }
}
