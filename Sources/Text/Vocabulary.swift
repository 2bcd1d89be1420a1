/// The tokens of a CTC head: characters or phones, the blank, and the word delimiter.
public struct Vocabulary: Sendable {
    /// The tokens, each at its row of the head.
    public let tokens: [String]
    /// The row of the blank.
    public let blank: Int
    /// How texts are split into tokens.
    public let spelling: Spelling
    /// Tokens that are never spoken.
    public let special: Set<String>
    /// The row of the token between words; nil if there is none.
    let delimiter: Int?
    /// The row of the unknown token; nil if there is none.
    let unknown: Int?
    /// Whether each token is never spoken.
    let isSpecial: [Bool]
    /// The maximum number of code points of a spoken token.
    let longestToken: Int
    // By code points: composed and decomposed é are equal strings in Swift, but different tokens in a
    // vocabulary.
    private let idOfToken: [[Unicode.Scalar]: Int]

    /// A vocabulary of tokens in the order of the head's rows.
    ///
    /// - Throws: `TextError` if a token occurs twice or the blank is missing.
    public init(
        tokens: [String], blank: String = "<pad>", spelling: Spelling,
        special: Set<String> = ["<pad>", "<s>", "</s>", "<unk>", "[PAD]", "[UNK]"]
    ) throws(TextError) {
        var ids: [[Unicode.Scalar]: Int] = [:]
        for (id, token) in tokens.enumerated() {
            guard ids.updateValue(id, forKey: Array(token.unicodeScalars)) == nil else {
                throw TextError("the vocabulary has the token \(named(token)) twice")
            }
        }
        func id(_ token: String) -> Int? { ids[Array(token.unicodeScalars)] }
        guard let blank = id(blank) else {
            throw TextError("the vocabulary has no token \"\(blank)\", which CTC needs as its blank")
        }
        self.tokens = tokens
        self.blank = blank
        self.spelling = spelling
        self.special = special
        delimiter = spelling.wordDelimiter.flatMap(id)
        unknown = id(spelling.unknown)
        let unspoken = Set(special.map { Array($0.unicodeScalars) })
        let isSpecial = tokens.map { unspoken.contains(Array($0.unicodeScalars)) }
        self.isSpecial = isSpecial
        longestToken =
            tokens.indices.lazy.filter { !isSpecial[$0] }.map { tokens[$0].unicodeScalars.count }.max() ?? 0
        idOfToken = ids
    }

    /// The same of letters with a delimiter between words, or, without one, of phones.
    public init(
        tokens: [String], blank: String = "<pad>", wordDelimiter: String? = "|",
        special: Set<String> = ["<pad>", "<s>", "</s>", "<unk>", "[PAD]", "[UNK]"]
    ) throws(TextError) {
        let spelling = wordDelimiter.map { Spelling(wordDelimiter: $0) } ?? .phones
        try self.init(tokens: tokens, blank: blank, spelling: spelling, special: special)
    }

    /// The rows of the head.
    public var size: Int { tokens.count }

    /// The token between words; nil if there is none.
    public var wordDelimiter: String? { spelling.unit == .letters ? delimiter.map { tokens[$0] } : nil }

    /// The row of a token, if it is in the vocabulary and spoken.
    public func id(ofSpoken token: String) -> Int? { spokenId(token.unicodeScalars) }

    /// The row of the token between words, if there is one.
    public var delimiterId: Int? { wordDelimiter.flatMap { id(ofSpoken: $0) } }

    /// The row of a token that is spoken.
    func spokenId(_ scalars: some Sequence<Unicode.Scalar>) -> Int? {
        guard let id = idOfToken[Array(scalars)], !isSpecial[id] else { return nil }
        return id
    }

    /// The vocabulary of a set of transcripts, in wav2vec 2.0's order: `<pad>` (the blank), `<s>`, `</s>`,
    /// `<unk>`, `|`, then the characters by how often they occur.
    ///
    /// Without a delimiter the transcripts are phones separated by spaces. Characters are code points, as
    /// transformers' tokenizer takes them.
    public static func build(from transcripts: [String], wordDelimiter: String? = "|") -> Vocabulary {
        var counts: [[Unicode.Scalar]: Int] = [:]
        for word in transcripts.lazy.flatMap(words) {
            if wordDelimiter == nil {
                counts[Array(word.unicodeScalars), default: 0] += 1
            } else {
                for scalar in word.unicodeScalars { counts[[scalar], default: 0] += 1 }
            }
        }
        let first = ["<pad>", "<s>", "</s>", "<unk>"] + (wordDelimiter.map { [$0] } ?? [])
        for token in first { counts[Array(token.unicodeScalars)] = nil }
        let spoken = counts.sorted { a, b in
            a.value != b.value ? a.value > b.value : a.key.lexicographicallyPrecedes(b.key)
        }
        let tokens = first + spoken.map { string($0.key) }
        guard let vocabulary = try? Vocabulary(tokens: tokens, wordDelimiter: wordDelimiter) else {
            preconditionFailure("keys of a dictionary are distinct")
        }
        return vocabulary
    }
}

/// Code points as a text.
func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var string = ""
    string.unicodeScalars.append(contentsOf: scalars)
    return string
}
