public import ArgumentParser
internal import Session
public import Speech

/// `parp corpus`.
struct Corpus: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a corpus, split it, convert it, clean its texts, or make phones from them.",
        discussion: """
            A corpus is a JSONL manifest, fairseq's .tsv, a LibriSpeech tree, a Common Voice table, a Kaldi data \
            directory, a Hugging Face audiofolder, a CSV file, SpeechBrain's CSV or flashlight's .lst. The format is \
            recognised by shape, name and header; FORMAT:PATH states it, here and wherever a corpus is named.
            """,
        subcommands: [
            CorpusCheck.self, CorpusSplitter.self, CorpusConvert.self, CorpusPhones.self,
            CorpusNormalize.self,
        ])
}

/// The corpus that a command reads.
struct CorpusArguments: ParsableArguments {
    @Argument(help: "The corpus: a file or a folder.")
    var source: String

    @Option(
        help:
            "Its format, if not recognised: jsonl, fairseq, librispeech, common_voice, kaldi, audiofolder, csv, speechbrain or flashlight."
    )
    var format: CorpusFormat?

    @Option(help: "The units of its texts: letters or phones.")
    var labels = Manifest.Labels.letters
}

/// The manifest that a command writes.
struct ManifestOutput: ParsableArguments {
    @Option(help: "The manifest to write.")
    var output: String

    @Option(help: "Paths of the recordings: absolute, or relative to its folder.")
    var paths = AudioPaths.absolute

    @OptionGroup var overwrite: OverwriteArguments
}

/// `parp corpus convert`.
struct CorpusConvert: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert", abstract: "Write a corpus of any format as one JSONL manifest.")

    @OptionGroup var corpus: CorpusArguments

    @OptionGroup var manifest: ManifestOutput

    func run() { launch { try runCorpusConversion(self, session: $0) } }
}

/// `parp corpus phones`.
struct CorpusPhones: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "phones",
        abstract: "Write a manifest with each text's phones, as pronounced by espeak-ng.",
        discussion: """
            Train on them with data.labels = "phones". A diphthong or affricate is one phone, without a tie; stress \
            marks are dropped unless --keep-stress is given. Needs the Debian package espeak-ng.
            """)

    @OptionGroup var corpus: CorpusArguments

    @OptionGroup var manifest: ManifestOutput

    @Option(help: "espeak-ng's voice, such as en-us; by default each utterance's language.")
    var language: String?

    @Flag(help: "Keep stress marks before their phones.")
    var keepStress = false

    func run() { launch { try runCorpusPhones(self, session: $0) } }
}

extension AudioPaths: ExpressibleByArgument {}
extension CorpusFormat: ExpressibleByArgument {}
extension Manifest.Labels: ExpressibleByArgument {}
