/// How logits become text.
public enum DecoderKind: String, Sendable, CaseIterable {
    /// The likeliest token of each frame.
    case greedy
    /// A search over texts.
    case beam
}

/// What becomes of words that the lexicon or the language model has not.
public enum UnknownWords: Sendable, Equatable {
    /// They are scored like the language model's unknown words.
    case scored
    /// They cost this much more, in decimal logarithms weighted by α like the model's own. Unfinished ones
    /// cost the same number in natural logarithms, and more beyond six tokens, so that words are not run
    /// together (pyctcdecode's `unk_score_offset`).
    case penalized(Float)
    /// They are never output.
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

/// How beams are kept and scored.
///
/// Scores are natural logarithms unless said otherwise.
public struct BeamSettings: Sendable, Equatable {
    /// The maximum number of beams kept from frame to frame.
    public var width = 100
    /// Beams further below the best one are dropped.
    public var beamThreshold: Float = 10
    /// Less likely tokens of a frame are not tried, except the likeliest one.
    public var tokenThreshold: Float = -5
    /// α: the weight of the language model.
    public var alpha: Float = 0.5
    /// β: the score of each word, or of each token with a character model.
    public var beta: Float = 1.5
    /// How unknown words are treated.
    public var unknownWords = UnknownWords.penalized(-10)
    /// The score of a complete hotword; its prefixes add their share.
    public var hotwordWeight: Float = 10
    /// Whether the language model knows where utterances begin and end.
    public var hasBoundaries = true

    /// pyctcdecode's defaults.
    public init() {}
}

/// The units of a language model's n-grams.
public enum LanguageUnit: String, Sendable, CaseIterable {
    /// Words.
    case word
    /// The tokens of the acoustic model, including the word delimiter.
    case character
}
