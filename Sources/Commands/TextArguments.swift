public import ArgumentParser
package import Recipe
public import Text

/// Options of commands that clean transcripts, named like the recipe's keys.
struct CleaningArguments: ParsableArguments {
    @Option(help: "Case to convert transcripts to: as_is, upper or lower.")
    var textCase = TextCase.asIs

    @Option(help: "What to do with punctuation: keep or drop (dashes become spaces).")
    var punctuation = Punctuation.keep

    @Option(help: "Characters to leave out.")
    var dropCharacters = ""
}

/// Options of commands that clean and encode transcripts.
struct TextArguments: ParsableArguments {
    @OptionGroup var cleaning: CleaningArguments

    @Option(help: "Unicode form to convert transcripts to: none, nfc or nfkc.")
    var textNormalization = TextNormalization.asIs

    @Option(help: "What to do with characters outside the vocabulary: refuse, drop or unknown.")
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
