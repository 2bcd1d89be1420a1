public import Text

/// The linguistic knowledge of a search: a language model, a lexicon, hotwords; each is optional.
public struct Language: Sendable {
    let model: (any NGramModel)?
    let unit: LanguageUnit
    let lexicon: Lexicon?
    /// Whether the lexicon's numbers are those of its own words, not of the model's.
    private let hasOwnWords: Bool
    /// The model's number of each word of the lexicon, or of each token.
    private let numbers: [UInt32]
    let hotwords: Hotwords?
    let vocabulary: Vocabulary
    let delimiter: UInt16?
    /// For each token, whether it can be output: special ones cannot, except the blank.
    let isTried: [Bool]

    /// A language for a vocabulary of tokens.
    ///
    /// Without a lexicon, the model's words are the known ones. The entries of a lexicon without words are
    /// the model's numbers.
    ///
    /// - Throws: `DecodingError` if words are requested from a vocabulary without a word delimiter.
    public init(
        vocabulary: Vocabulary, model: (any NGramModel)? = nil, unit: LanguageUnit = .word,
        lexicon: Lexicon? = nil, hotwords: Hotwords? = nil
    ) throws(DecodingError) {
        self.vocabulary = vocabulary
        self.model = model
        self.unit = unit
        self.hotwords = hotwords
        isTried = vocabulary.tokens.enumerated().map { index, token in
            index == vocabulary.blank || !vocabulary.special.contains(token)
        }
        delimiter = vocabulary.delimiterId.map(UInt16.init)
        let needsWords = lexicon != nil || model != nil && unit == .word
        guard delimiter != nil || !needsWords else {
            throw DecodingError(
                "the model's vocabulary has no token between words, so that words cannot be looked up; "
                    + "use a language model of characters")
        }
        guard vocabulary.size <= Int(UInt16.max) else {
            throw DecodingError("a vocabulary of \(vocabulary.size) tokens cannot be searched")
        }
        hasOwnWords = lexicon.map { !$0.words.isEmpty } ?? false
        switch (model, unit) {
        case (let model?, .character):
            self.lexicon = lexicon
            numbers = vocabulary.tokens.map { model.index(of: $0) }
        case (let model?, .word):
            self.lexicon = lexicon ?? Lexicon.words(of: model, in: vocabulary).lexicon
            numbers = lexicon?.words.map { model.index(of: $0) } ?? []
        case (nil, _):
            self.lexicon = lexicon
            numbers = []
        }
    }

    /// Whether there is a language model.
    public var hasModel: Bool { model != nil }

    /// The model's number of a word of the lexicon.
    @inline(__always)
    func modelNumber(ofEntry entry: UInt32) -> UInt32 { hasOwnWords ? numbers[Int(entry)] : entry }

    /// The model's number of a token.
    @inline(__always)
    func modelNumber(ofToken token: UInt16) -> UInt32 { numbers[Int(token)] }

    /// Whether words are output as written in the lexicon, not as spelled by tokens.
    var tellsEntries: Bool { hasOwnWords }
}
