public import Text

/// The words that may be recognised, as a trie of their spellings in tokens.
///
/// Built from a list of words, each spelled by the vocabulary or by a lexicon file. The children of a node
/// are contiguous, in token order.
public struct Lexicon: Sendable {
    /// The node at a word's start.
    static let root: Int32 = 0
    /// The node of a word that is no entry's prefix.
    static let nowhere: Int32 = -1

    /// The words, if they differ from their tokens' spelling.
    public let words: [String]
    /// How many entries there are.
    public let count: Int
    /// The first child of each node; those of node i end where those of node i + 1 begin.
    private var firstChild: [Int32] = []
    private var tokens: [UInt16] = []
    /// The first of the entries that end at each node.
    private var firstEntry: [Int32] = []
    /// What ends at each node: indices into `words`, or numbers given by the creator.
    private var entries: [UInt32] = []

    /// A word in tokens, with its number.
    struct Spelling {
        let tokens: [UInt16]
        let number: UInt32
    }

    /// - Parameter words: The words by number, if they are to be output; empty if the tokens spell them.
    init(_ spellings: [Spelling], words: [String] = []) {
        self.words = words
        count = spellings.count
        let sorted = spellings.sorted {
            $0.tokens == $1.tokens
                ? $0.number < $1.number : $0.tokens.lexicographicallyPrecedes($1.tokens)
        }
        // Breadth first: the nodes of a depth are ranges of entries with the same prefix.
        var level = [(range: 0..<sorted.count, token: UInt16(0))]
        var depth = 0
        tokens = [0]
        while !level.isEmpty {
            var below: [(range: Range<Int>, token: UInt16)] = []
            let firstOfBelow = tokens.count
            for node in level {
                firstChild.append(Int32(firstOfBelow + below.count))
                firstEntry.append(Int32(entries.count))
                var place = node.range.lowerBound
                while place < node.range.upperBound, sorted[place].tokens.count == depth {
                    entries.append(sorted[place].number)
                    place += 1
                }
                while place < node.range.upperBound {
                    let token = sorted[place].tokens[depth]
                    let start = place
                    while place < node.range.upperBound, sorted[place].tokens[depth] == token { place += 1 }
                    below.append((start..<place, token))
                }
            }
            tokens += below.map(\.token)
            level = below
            depth += 1
        }
        firstChild.append(Int32(tokens.count))
        firstEntry.append(Int32(entries.count))
    }

    /// The node a token further, or nowhere.
    @inline(__always)
    func child(of node: Int32, token: UInt16) -> Int32 {
        guard node >= 0 else { return Self.nowhere }
        var low = Int(firstChild[Int(node)])
        var high = Int(firstChild[Int(node) + 1])
        while low < high {
            let middle = (low + high) >> 1
            if tokens[middle] == token { return Int32(middle) }
            if tokens[middle] < token { low = middle + 1 } else { high = middle }
        }
        return Self.nowhere
    }

    /// The nodes a token further, each with its token.
    func children(of node: Int32) -> some Sequence<(node: Int32, token: UInt16)> {
        (firstChild[Int(node)]..<firstChild[Int(node) + 1]).lazy.map { ($0, tokens[Int($0)]) }
    }

    /// The numbers of the words that end at a node.
    @inline(__always)
    func entries(at node: Int32) -> ArraySlice<UInt32> {
        guard node >= 0 else { return [] }
        return entries[Int(firstEntry[Int(node)])..<Int(firstEntry[Int(node) + 1])]
    }

    /// How many nodes there are.
    var nodeCount: Int { tokens.count }
}

extension Lexicon {
    /// The words of a list as spelled by the vocabulary, numbered by index; those it cannot spell are left
    /// out.
    ///
    /// - Returns: The lexicon, and how many words were left out.
    public static func spelled(
        _ words: some Sequence<(number: UInt32, word: String)>, in vocabulary: Vocabulary
    ) -> (lexicon: Lexicon, unspelled: Int) {
        var spellings: [Spelling] = []
        var unspelled = 0
        for (number, word) in words {
            let (ids, unknown) = vocabulary.tokenize(word)
            if unknown.isEmpty && !ids.isEmpty {
                spellings.append(Spelling(tokens: ids.map(UInt16.init), number: number))
            } else {
                unspelled += 1
            }
        }
        return (Lexicon(spellings), unspelled)
    }

    /// All words of a language model, by their numbers there.
    public static func words(
        of model: any NGramModel, in vocabulary: Vocabulary
    ) -> (lexicon: Lexicon, unspelled: Int) {
        let special = [model.unknown, model.sentenceStart, model.sentenceEnd]
        return spelled(
            (0..<UInt32(model.wordCount)).lazy.filter { !special.contains($0) }.map {
                ($0, String(decoding: model.word($0), as: UTF8.self))
            }, in: vocabulary)
    }

    /// A lexicon file's lines: a word, then its tokens, of which the last may be the word delimiter; or a
    /// word alone, which the vocabulary spells (flashlight's format, and lists of words).
    ///
    /// A word may occur on several lines, with other tokens.
    ///
    /// - Throws: `DecodingError` that names the line.
    public init(
        name: String, vocabulary: Vocabulary, _ source: @escaping ByteSource
    ) throws {
        var lines = ByteLines(source)
        var fields: [ArraySlice<UInt8>] = []
        var table = WordTable()
        var spellings: [Spelling] = []
        while let line = try lines.next() {
            splitFields(line, into: &fields)
            guard let word = fields.first else { continue }
            func fault(_ text: String) -> DecodingError {
                DecodingError("\(name): line \(lines.number): \(text)")
            }
            let texts = fields.map { String(validating: $0, as: UTF8.self) }
            guard let text = texts[0], !texts.contains(nil), fields.count <= 256 else {
                throw fault("invalid UTF-8, or more than 255 tokens")
            }
            guard table.count < 10_000_000 else { throw fault("more words than can be read") }
            var tokens: [Int]
            if fields.count == 1 {
                let (ids, unknown) = vocabulary.tokenize(text)
                guard unknown.isEmpty else {
                    throw fault(
                        "the model has no token \(unknown.map { "\"\($0)\"" }.joined(separator: ", "))")
                }
                tokens = ids
            } else {
                tokens = []
                for token in texts.dropFirst().compactMap({ $0 }) {
                    guard let id = vocabulary.id(ofSpoken: token) else {
                        throw fault("the model has no token \"\(token)\"")
                    }
                    tokens.append(id)
                }
                if tokens.last == vocabulary.delimiterId { tokens.removeLast() }
            }
            guard !tokens.isEmpty, !tokens.contains(where: { $0 == vocabulary.delimiterId }) else {
                throw fault("a word must have at least one token, and no delimiter inside")
            }
            let number = table.insert(word).index
            spellings.append(Spelling(tokens: tokens.map(UInt16.init), number: UInt32(number)))
        }
        guard !spellings.isEmpty else { throw DecodingError("\(name) has no words") }
        let words = (0..<table.count).map { String(decoding: table[$0], as: UTF8.self) }
        self.init(spellings, words: words)
    }
}
