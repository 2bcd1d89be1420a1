internal import Program
internal import Recipe
internal import Text

/// What a command does to transcripts before it encodes them, by the names that a recipe has.
struct TextOptions: Sendable {
    /// Case: `as_is`, `upper` or `lower`.
    var textCase: String
    /// Unicode form: `none`, `nfc` or `nfkc`.
    var normalization: String
    /// Punctuation: `keep` or `drop`.
    var punctuation: String
    /// Characters that are left out.
    var droppedCharacters: String
    /// What becomes of characters outside the vocabulary: `refuse`, `drop` or `unknown`.
    var unknownCharacters: String

    /// Nothing is done unless told.
    init(
        textCase: String = "as_is", normalization: String = "none", punctuation: String = "keep",
        droppedCharacters: String = "", unknownCharacters: String = "refuse"
    ) {
        self.textCase = textCase
        self.normalization = normalization
        self.punctuation = punctuation
        self.droppedCharacters = droppedCharacters
        self.unknownCharacters = unknownCharacters
    }

    /// The options as they are carried out.
    ///
    /// - Throws: `UserError` with code 64 for a name that is not known.
    func preparation() throws -> TextPreparation {
        var preparation = TextPreparation()
        preparation.normalization = try choice("--text-normalization", normalization)
        preparation.textCase = try choice("--text-case", textCase)
        preparation.dropped = droppedCharacters
        preparation.punctuation = try choice("--punctuation", punctuation)
        preparation.unknown = try choice("--unknown-characters", unknownCharacters)
        return preparation
    }

    private func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ option: String, _ text: String
    ) throws -> Choice {
        guard let choice = Choice(rawValue: text) else {
            let names = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw UserError(.usage, "\(option) is \(text); it must be one of \(names)")
        }
        return choice
    }
}
