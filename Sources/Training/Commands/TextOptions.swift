internal import Text

/// What a command does to transcripts before it encodes them, by the names that a recipe has.
public struct TextOptions: Sendable {
    /// Case: `as_is`, `upper` or `lower`.
    public var textCase: String
    /// Unicode form: `none`, `nfc` or `nfkc`.
    public var normalization: String
    /// Punctuation: `keep` or `drop`.
    public var punctuation: String
    /// Characters that are left out.
    public var droppedCharacters: String
    /// What becomes of characters outside the vocabulary: `refuse`, `drop` or `unknown`.
    public var unknownCharacters: String

    /// Nothing is done unless told.
    public init(
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
        func choice<Choice: RecipeChoice>(_ option: String, _ text: String) throws -> Choice {
            guard let choice = Choice(rawValue: text) else {
                throw UserError(.usage, "\(option) is \(text); it must be \(Choice.expectation)")
            }
            return choice
        }
        return TextPreparation(
            normalization: try choice("--text-normalization", normalization),
            textCase: try choice("--text-case", textCase), dropped: droppedCharacters,
            punctuation: try choice("--punctuation", punctuation),
            unknown: try choice("--unknown-characters", unknownCharacters))
    }
}
