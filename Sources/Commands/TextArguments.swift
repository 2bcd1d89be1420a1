internal import ArgumentParser
internal import Training

/// What the commands take that prepare transcripts, by the names of a recipe's keys.
struct TextArguments: ParsableArguments {
    @Option(help: "Case that transcripts are brought to: as_is, upper or lower.")
    var textCase = "as_is"

    @Option(help: "Unicode form that transcripts are brought to: none, nfc or nfkc.")
    var textNormalization = "none"

    @Option(help: "What becomes of punctuation: keep or drop (dashes become spaces).")
    var punctuation = "keep"

    @Option(help: "Characters that are left out.")
    var dropCharacters = ""

    @Option(help: "What becomes of characters outside the vocabulary: refuse, drop or unknown.")
    var unknownCharacters = "refuse"

    var value: TextOptions {
        TextOptions(
            textCase: textCase, normalization: textNormalization, punctuation: punctuation,
            droppedCharacters: dropCharacters, unknownCharacters: unknownCharacters)
    }
}
