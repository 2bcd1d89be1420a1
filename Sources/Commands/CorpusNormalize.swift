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

    @OptionGroup var manifest: ManifestOutput

    @Option(help: "Unicode form: none, nfc or nfkc.")
    var textNormalization = TextNormalization.composed

    @OptionGroup var cleaning: CleaningArguments

    func run() { launch { try runCorpusNormalization(self, session: $0) } }
}
