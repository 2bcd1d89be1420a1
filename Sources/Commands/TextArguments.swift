public import ArgumentParser
package import Recipe
public import Text

/// What the commands take that clean transcripts, by the names of a recipe's keys.
struct CleaningArguments: ParsableArguments {
    @Option(help: "Case that transcripts are brought to: as_is, upper or lower.")
    var textCase = TextCase.asIs

    @Option(help: "What becomes of punctuation: keep or drop (dashes become spaces).")
    var punctuation = Punctuation.keep

    @Option(help: "Characters that are left out.")
    var dropCharacters = ""
}

/// What the commands take that clean transcripts and encode them.
struct TextArguments: ParsableArguments {
    @OptionGroup var cleaning: CleaningArguments

    @Option(help: "Unicode form that transcripts are brought to: none, nfc or nfkc.")
    var textNormalization = TextNormalization.asIs

    @Option(help: "What becomes of characters outside the vocabulary: refuse, drop or unknown.")
    var unknownCharacters = UnknownCharacters.refuse

    var preparation: TextPreparation {
        var preparation = TextPreparation(cleaning, textNormalization)
        preparation.unknown = unknownCharacters
        return preparation
    }
}

extension TextPreparation {
    /// What a command's options ask for.
    init(_ cleaning: CleaningArguments, _ normalization: TextNormalization) {
        self.init()
        textCase = cleaning.textCase
        punctuation = cleaning.punctuation
        dropped = cleaning.dropCharacters
        self.normalization = normalization
    }
}

extension TextCase: ExpressibleByArgument {}
extension TextNormalization: ExpressibleByArgument {}
extension Punctuation: ExpressibleByArgument {}
extension UnknownCharacters: ExpressibleByArgument {}
