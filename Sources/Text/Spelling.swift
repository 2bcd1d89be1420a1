/// How texts become tokens and tokens become texts, as a tokenizer's files state.
public struct Spelling: Sendable {
    /// The units of tokens.
    public enum Unit: String, Sendable {
        /// One or several code points.
        case letters
        /// Text between spaces.
        case phones
    }

    /// The units of tokens.
    public var unit: Unit
    /// The token between words, `|` in wav2vec 2.0's models; nil if there is none, as in Chinese.
    public var wordDelimiter: String?
    /// The delimiter's replacement in a text.
    public var delimiterText: String
    /// Whether texts are upper-cased before encoding, and lower-cased after decoding.
    public var lowersCase: Bool
    /// Whether spaces before punctuation and English contractions are removed after decoding.
    public var cleansSpaces: Bool
    /// The unknown token.
    public var unknown: String

    /// A spelling; by default letters with `|` between words.
    public init(
        _ unit: Unit = .letters, wordDelimiter: String? = "|", delimiterText: String = " ",
        lowersCase: Bool = false, cleansSpaces: Bool = false, unknown: String = "<unk>"
    ) {
        self.unit = unit
        self.wordDelimiter = wordDelimiter
        self.delimiterText = delimiterText
        self.lowersCase = lowersCase
        self.cleansSpaces = cleansSpaces
        self.unknown = unknown
    }

    /// Phones separated by spaces.
    public static var phones: Spelling { Spelling(.phones, wordDelimiter: nil) }
}

/// What to do with characters or phones outside a vocabulary.
public enum UnknownCharacters: String, Sendable, Codable, CaseIterable {
    /// Refuse the text.
    case refuse
    /// Leave them out.
    case drop
    /// Use the unknown token.
    case unknown
}
