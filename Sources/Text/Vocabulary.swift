public import Program

/// Why a transcript or a vocabulary cannot be used.
public struct TextError: Error, CustomStringConvertible, Equatable {
    /// What is wrong, where, and the fix.
    public let description: String

    /// A fault.
    public init(_ description: String) { self.description = description }
}

extension TextError: Fault {
    /// How the process ends.
    public var exitCode: ExitCode { .data }
}

/// Whether transcripts are changed in case before they are encoded.
public enum TextCase: String, Sendable, Codable, CaseIterable {
    /// As they stand.
    case asIs = "as_is"
    case upper
    case lower

    /// The text in this case.
    public func apply(_ text: String) -> String {
        switch self {
        case .asIs: text
        case .upper: text.uppercased()
        case .lower: text.lowercased()
        }
    }
}

/// The tokens of a CTC head: characters or phones, the blank, and what stands between words.
public struct Vocabulary: Sendable, Equatable {
    /// The tokens, each at its row of the head.
    public let tokens: [String]
    /// The row of no token.
    public let blank: Int
    /// The token between words, `|` in wav2vec 2.0's models; nil if there is none, as among phones.
    public let wordDelimiter: String?
    /// Tokens that are never spoken.
    public let special: Set<String>
    // By code points: to Swift é composed and é not are the same string, to a vocabulary they are two tokens.
    private let idOfToken: [[Unicode.Scalar]: Int]

    /// A vocabulary of tokens in the order of the head's rows.
    ///
    /// - Throws: `TextError` if a token stands twice or the blank is none of them.
    public init(
        tokens: [String], blank: String = "<pad>", wordDelimiter: String? = "|",
        special: Set<String> = ["<pad>", "<s>", "</s>", "<unk>", "[PAD]", "[UNK]"]
    ) throws(TextError) {
        var ids: [[Unicode.Scalar]: Int] = [:]
        for (id, token) in tokens.enumerated() {
            guard ids.updateValue(id, forKey: Array(token.unicodeScalars)) == nil else {
                throw TextError("the vocabulary has the token \"\(token)\" twice")
            }
        }
        guard let blank = ids[Array(blank.unicodeScalars)] else {
            throw TextError("the vocabulary has no token \"\(blank)\", which CTC needs as its blank")
        }
        self.tokens = tokens
        self.blank = blank
        self.wordDelimiter = wordDelimiter.flatMap { ids[Array($0.unicodeScalars)] == nil ? nil : $0 }
        self.special = special
        idOfToken = ids
    }

    /// The rows of the head.
    public var size: Int { tokens.count }

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

    /// The ids of a transcript: its characters with the delimiter between words, or its phones.
    ///
    /// - Throws: `TextError` that names each token the vocabulary lacks.
    public func encode(_ text: String) throws(TextError) -> [Int] {
        let (ids, unknown) = tokenize(text)
        guard unknown.isEmpty else {
            let names = unknown.map { "\"\($0)\"" }.joined(separator: ", ")
            throw TextError("\(names) not in the vocabulary")
        }
        return ids
    }

    /// The ids of what the vocabulary has of a transcript, and each character or phone that it lacks, once.
    public func tokenize(_ text: String) -> (ids: [Int], unknown: [String]) {
        var ids: [Int] = []
        var unknown: [String] = []
        for (index, word) in words(text).enumerated() {
            if index > 0, let wordDelimiter, let id = spokenId(wordDelimiter.unicodeScalars) {
                ids.append(id)
            }
            for piece in wordDelimiter == nil ? [word] : word.map(String.init) {
                let found = encode(piece: piece)
                ids += found
                if found.isEmpty && !unknown.contains(piece) { unknown.append(piece) }
            }
        }
        return (ids, unknown)
    }

    /// The ids of a phone or of one character as readers take it; none if the vocabulary lacks it.
    ///
    /// A character is its code points, which is how transformers' tokenizer cuts text, or else the whole, where
    /// a vocabulary was made of such.
    private func encode(piece: String) -> [Int] {
        if wordDelimiter != nil {
            let ids = piece.unicodeScalars.map { spokenId(CollectionOfOne($0)) }
            if !ids.contains(nil) { return ids.compactMap { $0 } }
        }
        return spokenId(piece.unicodeScalars).map { [$0] } ?? []
    }

    /// The row of a token, if the vocabulary has it and it is spoken.
    public func id(ofSpoken token: String) -> Int? { spokenId(token.unicodeScalars) }

    /// The row of the token between words, if there is one.
    public var delimiterId: Int? { wordDelimiter.flatMap { id(ofSpoken: $0) } }

    private func spokenId(_ scalars: some Sequence<Unicode.Scalar>) -> Int? {
        guard let id = idOfToken[Array(scalars)], !special.contains(tokens[id]) else { return nil }
        return id
    }

    /// The text of a frame-by-frame path: repeats merged, blanks dropped (Graves et al., 2006, section 3.1).
    public func decode(path: [Int]) -> String { decode(tokens: tokens(ofPath: path)) }

    /// The tokens of a frame-by-frame path.
    public func tokens(ofPath path: [Int]) -> [Int] {
        var ids: [Int] = []
        var previous = blank
        for id in path {
            if id != previous && id != blank { ids.append(id) }
            previous = id
        }
        return ids
    }

    /// The text of token ids: the delimiter becomes a space, special tokens are dropped.
    ///
    /// What is left is the text of transformers' tokenizer, which prints special tokens unless told otherwise.
    public func decode(tokens ids: [Int]) -> String {
        let spoken = ids.map { tokens[$0] }.filter { !special.contains($0) }
        guard let wordDelimiter else { return spoken.joined(separator: " ") }
        let text = spoken.map { $0 == wordDelimiter ? " " : $0 }.joined().unicodeScalars
        guard let first = text.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = text.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(text[first...last])
    }

    private static func string(_ scalars: [Unicode.Scalar]) -> String {
        var string = ""
        string.unicodeScalars.append(contentsOf: scalars)
        return string
    }
}
