/// Why a transcript or a vocabulary cannot be used.
public struct TextError: Error, CustomStringConvertible, Equatable {
    /// What is wrong, where, and the fix.
    public let description: String

    /// A fault.
    public init(_ description: String) { self.description = description }
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
    private let idOfToken: [String: Int]

    /// A vocabulary of tokens in the order of the head's rows.
    ///
    /// - Throws: `TextError` if a token stands twice or the blank is none of them.
    public init(
        tokens: [String], blank: String = "<pad>", wordDelimiter: String? = "|",
        special: Set<String> = ["<pad>", "<s>", "</s>", "<unk>", "[PAD]", "[UNK]"]
    ) throws(TextError) {
        var ids: [String: Int] = [:]
        for (id, token) in tokens.enumerated() {
            guard ids.updateValue(id, forKey: token) == nil else {
                throw TextError("the vocabulary has the token \"\(token)\" twice")
            }
        }
        guard let blank = ids[blank] else {
            throw TextError("the vocabulary has no token \"\(blank)\", which CTC needs as its blank")
        }
        self.tokens = tokens
        self.blank = blank
        self.wordDelimiter = wordDelimiter.flatMap { ids[$0] == nil ? nil : $0 }
        self.special = special
        idOfToken = ids
    }

    /// The rows of the head.
    public var size: Int { tokens.count }

    /// The ids of `vocab.json`.
    public var ids: [String: Int] { idOfToken }

    /// The vocabulary of a set of transcripts, in wav2vec 2.0's order: `<pad>` (the blank), `<s>`, `</s>`,
    /// `<unk>`, `|`, then the characters by how often they occur.
    public static func build(from transcripts: [String]) -> Vocabulary {
        var counts: [String: Int] = [:]
        for transcript in transcripts {
            for character in transcript where !character.isWhitespace {
                counts[String(character), default: 0] += 1
            }
        }
        counts["|"] = nil
        let characters = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
        let tokens = ["<pad>", "<s>", "</s>", "<unk>", "|"] + characters
        guard let vocabulary = try? Vocabulary(tokens: tokens) else {
            preconditionFailure("characters of a dictionary are distinct")
        }
        return vocabulary
    }

    /// The ids of a transcript: its characters with the delimiter between words, or its phones.
    ///
    /// - Throws: `TextError` that names each token the vocabulary lacks.
    public func encode(_ text: String) throws(TextError) -> [Int] {
        var ids: [Int] = []
        var unknown: [String] = []
        for token in split(text) {
            if let id = idOfToken[token], !special.contains(token) {
                ids.append(id)
            } else if !unknown.contains(token) {
                unknown.append(token)
            }
        }
        guard unknown.isEmpty else {
            let names = unknown.map { "\"\($0)\"" }.joined(separator: ", ")
            throw TextError("\(names) not in the vocabulary")
        }
        return ids
    }

    private func split(_ text: String) -> [String] {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let wordDelimiter else { return words.map(String.init) }
        return Array(words.map { $0.map(String.init) }.joined(separator: [wordDelimiter]))
    }

    /// The text of a frame-by-frame path: repeats merged, blanks dropped (Graves et al., 2006, section 3.1).
    public func decode(path: [Int]) -> String {
        var ids: [Int] = []
        var previous = blank
        for id in path {
            if id != previous && id != blank { ids.append(id) }
            previous = id
        }
        return decode(tokens: ids)
    }

    /// The text of token ids: the delimiter becomes a space, special tokens are dropped, as transformers'
    /// tokenizer does.
    public func decode(tokens ids: [Int]) -> String {
        let spoken = ids.map { tokens[$0] }.filter { !special.contains($0) }
        guard let wordDelimiter else { return spoken.joined(separator: " ") }
        let text = spoken.map { $0 == wordDelimiter ? " " : $0 }.joined()
        return text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed().map(String.init).joined()
    }
}
