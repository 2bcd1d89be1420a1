/// How logits become text.
public enum DecoderKind: String, Sendable, CaseIterable {
    /// The likeliest token of each frame.
    case greedy
    /// A search over texts.
    case beam
}

/// What becomes of words that the lexicon or the language model has not.
public enum UnknownWords: Sendable, Equatable {
    /// They are scored as the language model scores unknown words, and no worse.
    case scored
    /// They cost as much more, in decimal logarithms, which α weighs as it does the model's own. Until they
    /// end they cost as many natural ones, and beyond six tokens more: words are then not run together
    /// (pyctcdecode's `unk_score_offset`).
    case penalized(Float)
    /// They are not heard at all.
    case forbidden

    /// What a word or a number says: `scored`, `forbidden`, or a penalty in decimal logarithms, which is not above 0.
    public init?(_ text: String) {
        switch text {
        case "scored": self = .scored
        case "forbidden": self = .forbidden
        default:
            guard let penalty = Float(text), penalty <= 0, penalty.isFinite else { return nil }
            self = .penalized(penalty)
        }
    }
}

/// How beams are kept and weighed.
///
/// Scores are natural logarithms unless said otherwise.
public struct BeamSettings: Sendable, Equatable {
    /// The most beams that go on from frame to frame.
    public var width = 100
    /// Beams that lie further below the best one end.
    public var beamThreshold: Float = 10
    /// Tokens of a frame that are less likely are not tried, unless they are the likeliest.
    public var tokenThreshold: Float = -5
    /// α: the weight of the language model.
    public var alpha: Float = 0.5
    /// β: what each word, or each token of a model of characters, adds.
    public var beta: Float = 1.5
    /// What becomes of unknown words.
    public var unknownWords = UnknownWords.penalized(-10)
    /// What a hotword adds once it is whole; its beginnings add their share.
    public var hotwordWeight: Float = 10
    /// Whether the language model knows where utterances begin and end.
    public var hasBoundaries = true

    /// pyctcdecode's defaults.
    public init() {}
}

/// What a language model's n-grams are made of.
public enum LanguageUnit: String, Sendable, CaseIterable {
    /// Words.
    case word
    /// The tokens of the acoustic model, the word delimiter among them.
    case character
}
