internal import ArgumentParser
internal import Recipe
internal import Session
internal import Training

/// `parp corpus normalize`.
struct CorpusNormalize: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "normalize",
        abstract: "Write a manifest with cleaned texts, and report the changes.",
        discussion: """
            Changes case, Unicode form, punctuation and unwanted characters by the options. Texts with digits are listed: \
            write them out as they are spoken.
            """)

    @OptionGroup var corpus: CorpusArguments

    @Option(help: "The manifest to write.")
    var output: String

    @Option(help: "Paths of the recordings: absolute, or relative to its folder.")
    var paths = AudioPaths.absolute

    @Option(help: "Unicode form: none, nfc or nfkc.")
    var textNormalization = TextNormalization.composed

    @OptionGroup var cleaning: CleaningArguments

    @OptionGroup var overwrite: OverwriteArguments

    func run() {
        var options = CorpusNormalizeOptions(
            source: corpus.value, output: output, paths: paths,
            text: TextPreparation(cleaning, textNormalization))
        options.overwrites = overwrite.isAsked
        launch { [options] in try runCorpusNormalization(options, session: $0) }
    }
}
