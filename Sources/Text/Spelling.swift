/// How a model's texts become tokens, and its tokens texts: what a tokenizer's files say.
public struct Spelling: Sendable {
    /// What a token is.
    public enum Unit: String, Sendable {
        /// A code point, or several of them.
        case letters
        /// What stands between spaces.
        case phones
    }

    /// What a token is.
    public var unit: Unit
    /// The token between words, `|` in wav2vec 2.0's models; nil if there is none, as in Chinese.
    public var wordDelimiter: String?
    /// What the delimiter becomes in a text.
    public var delimiterText: String
    /// Whether texts are raised to upper case before they are encoded, and what is decoded is lowered.
    public var lowersCase: Bool
    /// Whether spaces before punctuation and English contractions are taken out of what is decoded.
    public var cleansSpaces: Bool
    /// The token that stands for what the vocabulary lacks.
    public var unknown: String

    /// A spelling; letters with `|` between words unless told otherwise.
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

/// What to do about characters or phones that a vocabulary lacks.
public enum UnknownCharacters: String, Sendable, Codable, CaseIterable {
    /// Refuse the text.
    case refuse
    /// Leave them out.
    case drop
    /// Take the token for the unknown.
    case unknown
}
