/// Builds a mapped trie from n-grams in any order, in bounded memory.
///
/// Words and their unigrams come first, then the longer n-grams. They are sorted from their last word
/// backwards, the longest order first, so that when an order is written its children, and the n-grams missing
/// from a pruned file, are known.
public struct TrieBuilder {
    private let workspace: Workspace
    private let order: Int
    private var table = WordTable()
    private var unigrams: [(probability: Float, backoff: Float)] = []
    private var ranks: [UInt32] = []
    private var wordBits = 0
    private var sorters: [NGramSorter]

    /// A builder of a model of an order.
    ///
    /// - Throws: `DecodingError` for an unsupported order.
    public init(order: Int, workspace: Workspace) throws {
        guard (1...NGramContext.highestOrder).contains(order) else {
            throw DecodingError(
                "order \(order) is not supported; orders are 1 to \(NGramContext.highestOrder)")
        }
        self.workspace = workspace
        self.order = order
        let share = Workspace(
            memoryBytes: workspace.memoryBytes / max(1, order - 1), scratch: workspace.scratch)
        sorters = (0..<max(0, order - 1)).map { _ in NGramSorter(share) }
    }

    /// Adds a word with its unigram.
    ///
    /// `<UNK>` is `<unk>`.
    ///
    /// - Throws: `DecodingError` if it was added before.
    public mutating func add(word: ArraySlice<UInt8>, probability: Float, backoff: Float) throws {
        let name = word.elementsEqual("<UNK>".utf8) ? SpecialWord.unknown[...] : word
        guard table.insert(name).isNew else {
            throw DecodingError("the word \"\(String(decoding: word, as: UTF8.self))\" occurs twice")
        }
        unigrams.append((probability, backoff))
    }

    /// Ends the words.
    ///
    /// If one of `<unk>`, `<s>` and `</s>` is missing, it gets KenLM's default probability.
    public mutating func finishWords() throws {
        for special in [SpecialWord.unknown, SpecialWord.start, SpecialWord.end]
        where table.find(special[...]) == nil {
            try add(word: special[...], probability: SpecialWord.missingProbability, backoff: 0)
        }
        wordBits = bitWidth(table.count - 1)
        guard wordBits * order <= UInt128.bitWidth else {
            throw DecodingError(
                "\(table.count) words in n-grams of order \(order) are more than can be numbered; "
                    + "leave rare words out")
        }
        ranks = [UInt32](repeating: 0, count: table.count)
        for (rank, index) in table.sortedIndices().enumerated() { ranks[index] = UInt32(rank) }
    }

    /// The number by which `add(words:probability:backoff:)` knows a word, that of unknown ones included.
    public func index(of word: ArraySlice<UInt8>) -> Int? {
        table.find(word) ?? (word.elementsEqual("<UNK>".utf8) ? table.find(SpecialWord.unknown[...]) : nil)
    }

    /// Adds an n-gram of two words or more.
    public mutating func add(words: [Int], probability: Float, backoff: Float) throws {
        var key: UInt128 = 0
        for word in words.reversed() { key = key << UInt128(wordBits) | UInt128(ranks[word]) }
        try sorters[words.count - 2].append(
            NGramRecord(key: key, first: UInt64(probability.bitPattern), second: UInt64(backoff.bitPattern)))
    }

    /// Writes the model to the end of a file that is empty.
    public consuming func finish(into file: any Scratch) throws {
        var levels: [LevelFiles] = []
        var parents: NGramStream?
        var childCount = 0
        for length in stride(from: order, to: 1, by: -1) {
            let stream = try sorters[length - 2].sorted()
            // Its memory is freed before the next order's is allocated.
            sorters[length - 2] = NGramSorter(workspace)
            let level = try LevelFiles(
                length: length, isLongest: length == order, own: stream, parents: parents,
                childCount: childCount, wordBits: wordBits, workspace: workspace)
            parents = try NGramStream(level.parents, memoryBytes: workspace.memoryBytes)
            childCount = level.count
            levels.insert(level, at: 0)
        }
        var writer = ScratchWriter(file)
        let layout = layout(levels)
        try writer.append(layout.header)
        try writeWords(layout, &writer)
        if order > 1 {
            let next = try unigramChildren(parents, childCount: childCount, width: bitWidth(layout.counts[1]))
            try writer.append(copying: next)
        }
        for level in levels { for part in level.parts { try writer.append(copying: part) } }
        try writer.flush()
    }

    private func layout(_ levels: [LevelFiles]) -> TrieLayout {
        func special(_ word: [UInt8]) -> UInt32 { table.find(word[...]).map { ranks[$0] } ?? 0 }
        return TrieLayout(
            counts: [table.count] + levels.map(\.count), wordBytes: table.bytes.count,
            unknown: special(SpecialWord.unknown), sentenceStart: special(SpecialWord.start),
            sentenceEnd: special(SpecialWord.end))
    }

    private func writeWords(_ layout: TrieLayout, _ writer: inout ScratchWriter) throws {
        let sorted = table.sortedIndices()
        let offsets = MemoryScratch()
        var packed = PackedWriter(offsets, width: layout.wordOffsets.width)
        var end = 0
        try packed.append(0)
        for index in sorted {
            end += table[index].count
            try packed.append(end)
        }
        try packed.finish()
        try writer.append(copying: offsets)
        for index in sorted { try writer.append(Array(table[index])) }
        try writer.pad()
        for index in sorted { try writer.append(unigrams[index].probability.bitPattern) }
        try writer.pad()
        guard order > 1 else { return }
        for index in sorted { try writer.append(unigrams[index].backoff.bitPattern) }
        try writer.pad()
    }

    /// The first bigram of each word.
    private func unigramChildren(
        _ parents: NGramStream?, childCount: Int, width: Int
    ) throws -> any Scratch {
        let scratch = try workspace.scratch()
        var writer = PackedWriter(scratch, width: width)
        var parents = parents
        for rank in 0..<table.count {
            try writer.append(parents?.next.map { Int($0.first) } ?? childCount)
            if parents?.next?.key == UInt128(rank) { _ = try parents?.pop() }
        }
        try writer.append(childCount)
        try writer.finish()
        return scratch
    }
}

/// The words that every model has.
enum SpecialWord {
    static let unknown = Array("<unk>".utf8)
    static let start = Array("<s>".utf8)
    static let end = Array("</s>".utf8)
    /// log₁₀ of a special word's probability where a file has none (KenLM, `unknown_missing_logprob`).
    static let missingProbability: Float = -100
}

/// The parts of one order, in scratch.
private struct LevelFiles {
    let parts: [any Scratch]
    /// The n-grams that these continue to the left, each with the place of its first: the key without its
    /// last word.
    let parents: any Scratch
    private(set) var count = 0

    init(
        length: Int, isLongest: Bool, own: NGramStream, parents children: NGramStream?, childCount: Int,
        wordBits: Int, workspace: Workspace
    ) throws {
        var own = own
        var children = children
        let mask = UInt128(1) << UInt128(wordBits) - 1
        var words = PackedWriter(try workspace.scratch(), width: wordBits)
        var probabilities = ScratchWriter(try workspace.scratch())
        var backoffs = ScratchWriter(try workspace.scratch())
        var next = PackedWriter(try workspace.scratch(), width: bitWidth(childCount))
        var upward = ScratchWriter(try workspace.scratch())
        var lastParent: UInt128?
        var lastKey: UInt128?
        while let key = Self.smaller(own.next?.key, children?.next?.key) {
            guard key != lastKey else { throw DecodingError("an n-gram of \(length) words occurs twice") }
            lastKey = key
            let parent = key >> UInt128(wordBits)
            if parent != lastParent {
                try NGramRecord(key: parent, first: UInt64(count)).write(to: &upward)
                lastParent = parent
            }
            try words.append(Int(key & mask))
            let record = own.next?.key == key ? try own.pop() : nil
            // NaN if only longer n-grams need this one.
            try probabilities.append(
                record.map { UInt32(truncatingIfNeeded: $0.first) } ?? Float.nan.bitPattern)
            if !isLongest {
                try backoffs.append(record.map { UInt32(truncatingIfNeeded: $0.second) } ?? 0)
                try next.append(children?.next.map { Int($0.first) } ?? childCount)
            }
            if children?.next?.key == key { _ = try children?.pop() }
            count += 1
        }
        try words.finish()
        try probabilities.flush()
        try upward.flush()
        self.parents = upward.scratch
        guard !isLongest else {
            parts = [words.scratch, probabilities.scratch]
            return
        }
        try backoffs.flush()
        try next.append(childCount)
        try next.finish()
        parts = [words.scratch, probabilities.scratch, backoffs.scratch, next.scratch]
    }

    private static func smaller(_ a: UInt128?, _ b: UInt128?) -> UInt128? {
        guard let a, let b else { return a ?? b }
        return min(a, b)
    }
}
