internal import Tensors

/// The header of a binary file of KenLM's `build_binary` (lm/binary_format.cc, version 5), and the location
/// of its words.
struct KenLMFile {
    /// How n-grams are stored; the numbers are the file's.
    enum Kind: UInt32 {
        case probing = 0
        case probingWithRestCosts
        case trie
        case quantizedTrie
        case arrayTrie
        case quantizedArrayTrie
    }

    static let magic = Array("mmap lm http://kheafield.com/code format version 5\n".utf8)
    /// The magic string, padded to a multiple of 8, and numbers that reveal the machine's representation.
    private static let sanityBytes = 88

    let bytes: MappedBytes
    let kind: Kind
    /// How many n-grams of each order there are.
    let counts: [Int]
    let multiplier: Float
    /// The offset of the vocabulary.
    let start: Int

    static func recognizes(_ bytes: MappedBytes) -> Bool {
        bytes.count > magic.count && bytes.copy(0..<magic.count) == magic
    }

    init(_ bytes: MappedBytes) throws(DecodingError) {
        let head = Self.sanityBytes
        guard Self.recognizes(bytes), bytes.count > head + 20 else {
            throw DecodingError("is not a binary file in KenLM's format version 5")
        }
        guard bytes.float(at: 60) == 1, bytes.float(at: 64) == -0.5, bytes.integer(UInt64.self, at: 80) == 1
        else {
            throw DecodingError("was written on a machine with another number format; rebuild it here")
        }
        let order = Int(bytes[head])
        guard (2...NGramContext.highestOrder).contains(order), bytes.count >= head + 20 + 8 * order else {
            throw DecodingError("has order \(order); 2 to \(NGramContext.highestOrder) are read")
        }
        guard let kind = Kind(rawValue: bytes.integer(UInt32.self, at: head + 8)) else {
            throw DecodingError("contains an unknown kind of model")
        }
        guard bytes[head + 12] != 0 else {
            throw DecodingError("holds no words, only their hashes; build it without -i")
        }
        var counts: [Int] = []
        for index in 0..<order {
            let count = bytes.integer(UInt64.self, at: head + 20 + 8 * index)
            guard count > 0 && count <= UInt64(bytes.count) else {
                throw DecodingError("is cut off: it states \(count) n-grams, in \(bytes.count) bytes")
            }
            counts.append(Int(count))
        }
        multiplier = bytes.float(at: head + 4)
        // KenLM's default is 1.5.
        guard multiplier >= 1 && multiplier <= 1000 else {
            throw DecodingError("is damaged: its tables have no valid size")
        }
        self.bytes = bytes
        self.kind = kind
        self.counts = counts
        start = (head + 20 + 8 * order + 7) / 8 * 8
    }

    /// The words by number, from an offset on, each followed by a zero.
    func words(from place: Int) throws(DecodingError) -> WordTable {
        guard place <= bytes.count else {
            throw DecodingError("is cut off: \(bytes.count) bytes, of which tables take \(place)")
        }
        let text = bytes.copy(place..<bytes.count)
        var table = WordTable()
        var begin = 0
        while begin < text.count, let end = text[begin...].firstIndex(of: 0) {
            guard table.insert(text[begin..<end]).isNew else {
                throw DecodingError("is damaged: a word occurs twice")
            }
            begin = end + 1
        }
        guard table.count > 0, table.count <= counts[0] + 1, begin == text.count else {
            throw DecodingError("is damaged: \(table.count) words instead of \(counts[0])")
        }
        return table
    }

    /// The probability, whose sign has another meaning: it is never above 1.
    func probability(_ bits: UInt32) throws(DecodingError) -> Float {
        let value = -Float(bitPattern: bits & 0x7FFF_FFFF)
        guard value.isFinite else { throw DecodingError("is damaged: a probability is NaN or infinite") }
        return value
    }
}

extension KenLMFile {
    /// Writes a KenLM trie as one of ours.
    func convertTrie(into file: any Scratch, workspace: Workspace) throws {
        guard kind == .trie else {
            throw DecodingError("contains a compressed trie; build it with `build_binary trie`")
        }
        let reader = try KenLMTrieReader(self)
        let words = try words(from: reader.end)
        guard words.count == counts[0] else {
            throw DecodingError("is damaged: \(words.count) words instead of \(counts[0])")
        }
        var builder = try TrieBuilder(order: counts.count, workspace: workspace)
        for index in 0..<words.count {
            let (probability, backoff) = try reader.unigram(index)
            try builder.add(word: words[index], probability: probability, backoff: backoff)
        }
        try builder.finishWords()
        for index in 0..<words.count {
            try reader.visit(below: [index], range: reader.bigrams(of: index)) { gram, probability, backoff in
                try builder.add(words: gram.reversed(), probability: probability, backoff: backoff)
            }
        }
        try builder.finish(into: file)
    }
}

/// KenLM's trie: bit-packed n-grams, sorted from their last word backwards (lm/trie.cc, lm/search_trie.hh).
private struct KenLMTrieReader {
    private struct Level {
        let start: Int
        let count: Int
        let wordBits: Int
        let nextBits: Int
        /// Of one entry.
        var bits: Int { wordBits + 31 + (nextBits > 0 ? 32 + nextBits : 0) }
    }

    private let file: KenLMFile
    private let unigrams: Int
    private let levels: [Level]
    let end: Int

    init(_ file: KenLMFile) throws(DecodingError) {
        self.file = file
        let counts = file.counts
        unigrams = file.start + 8 + 8 * counts[0]
        var place = unigrams + 16 * (counts[0] + 2)
        var levels: [Level] = []
        for order in 2...counts.count {
            let nextBits = order < counts.count ? bitWidth(counts[order]) : 0
            let level = Level(
                start: place, count: counts[order - 1], wordBits: bitWidth(counts[0]), nextBits: nextBits)
            place += ((1 + level.count) * level.bits + 7) / 8 + 8
            levels.append(level)
        }
        self.levels = levels
        end = place
        guard end <= file.bytes.count else {
            throw DecodingError("is cut off: \(file.bytes.count) bytes, of which tables take \(end)")
        }
    }

    func unigram(_ index: Int) throws(DecodingError) -> (Float, Float) {
        let place = unigrams + 16 * index
        let probability = try file.probability(file.bytes.integer(UInt32.self, at: place))
        return (probability, try finite(file.bytes.float(at: place + 4)))
    }

    private func finite(_ backoff: Float) throws(DecodingError) -> Float {
        guard backoff.isFinite else {
            throw DecodingError("is damaged: a back-off weight is NaN or infinite")
        }
        return backoff
    }

    func bigrams(of word: Int) throws(DecodingError) -> Range<Int> {
        let place = unigrams + 16 * word + 8
        return try range(
            file.bytes.integer(UInt64.self, at: place), file.bytes.integer(UInt64.self, at: place + 16),
            count: levels[0].count)
    }

    private func range(_ lower: UInt64, _ upper: UInt64, count: Int) throws(DecodingError) -> Range<Int> {
        guard lower <= upper && upper <= UInt64(count) else {
            throw DecodingError("is damaged: n-grams are outside their table")
        }
        return Int(lower)..<Int(upper)
    }

    /// Calls `body` with each n-gram of a range of a level and below it, the last word first.
    func visit(
        below words: [Int], range: Range<Int>, _ body: ([Int], Float, Float) throws -> Void
    ) throws {
        let level = levels[words.count - 1]
        for index in range {
            let bit = level.start * 8 + index * level.bits
            let word = Int(file.bytes.bits(at: bit, count: level.wordBits))
            guard word < file.counts[0] else { throw DecodingError("is damaged: a word has no number") }
            let probability = try file.probability(
                UInt32(truncatingIfNeeded: file.bytes.bits(at: bit + level.wordBits, count: 31)))
            let gram = words + [word]
            guard level.nextBits > 0 else {
                try body(gram, probability, 0)
                continue
            }
            let rest = bit + level.wordBits + 31
            let backoff = Float(
                bitPattern: UInt32(truncatingIfNeeded: file.bytes.bits(at: rest, count: 32)))
            try body(gram, probability, finite(backoff))
            let children = try self.range(
                file.bytes.bits(at: rest + 32, count: level.nextBits),
                file.bytes.bits(at: rest + 32 + level.bits, count: level.nextBits),
                count: levels[words.count].count)
            try visit(below: gram, range: children, body)
        }
    }
}
