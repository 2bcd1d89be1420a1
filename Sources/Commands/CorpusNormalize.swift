internal import ArgumentParser
internal import Session
internal import Training

/// `parp corpus normalize`.
struct CorpusNormalize: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "normalize",
        abstract: "Write a manifest with cleaned texts, and say what was changed.",
        discussion: """
            Case, Unicode form, punctuation and unwanted characters, each as its option says. Texts with digits are listed: \
            how they are said is for you to write.
            """)

    @OptionGroup var corpus: CorpusArguments

    @Option(help: "The manifest to write.")
    var output: String

    @Option(help: "How it names the recordings: absolute, or relative to its folder.")
    var paths = AudioPaths.absolute

    @Option(help: "Unicode form: none, nfc or nfkc.")
    var textNormalization = "nfc"

    @Option(help: "Case: as_is, upper or lower.")
    var textCase = "as_is"

    @Option(help: "What becomes of punctuation: keep or drop (dashes become spaces).")
    var punctuation = "keep"

    @Option(help: "Characters that are left out.")
    var dropCharacters = ""

    @OptionGroup var overwrite: OverwriteArguments

    func run() {
        let text = TextOptions(
            textCase: textCase, normalization: textNormalization, punctuation: punctuation,
            droppedCharacters: dropCharacters)
        var options = CorpusNormalizeOptions(
            source: corpus.value, output: output, paths: paths, text: text)
        options.overwrites = overwrite.isAsked
        launch { [options] in try runCorpusNormalization(options, session: $0) }
    }
}
