internal import ArgumentParser
internal import Session
internal import Training

/// `parp lm`.
struct LanguageModel: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lm",
        abstract: "Estimate language models from text, convert them, and score text with them.",
        discussion: """
            Wherever a language model is asked for, any of these will do: parp's own file, an ARPA file, gzipped or not, \
            and KenLM's binaries with hash tables (probing) or a trie.
            """,
        subcommands: [
            LanguageModelBuild.self, LanguageModelConvert.self, LanguageModelScore.self,
            LanguageModelAttach.self,
        ])
}

/// `parp lm build`.
struct LanguageModelBuild: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Estimate an n-gram model by interpolated modified Kneser–Ney smoothing, as lmplz does.",
        discussion: """
            Text has one sentence per line, spelled like the transcripts: in their case, without punctuation. An output name \
            ending in .arpa selects the ARPA format, any other the binary one.

              parp lm build transcripts.txt --order 3 --output es.lm
            """)

    @Argument(help: "Text files, gzipped or not; - is standard input.")
    var text: [String]

    @Option(help: "The longest n-grams.")
    var order = 3

    @Option(
        parsing: .upToNextOption,
        help:
            "For each order from 1 on, leave out n-grams that occur at most this often; the last number applies to higher orders."
    )
    var prune: [Int] = []

    @Option(help: "The file to write.")
    var output: String

    @Option(help: "Megabytes to sort at once; more goes to temporary files beside the output.")
    var memory = 512

    func run() { launch { try runLanguageModelBuild(self, session: $0) } }
}

/// `parp lm convert`.
struct LanguageModelConvert: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Convert an ARPA file or KenLM trie to a mapped file, or a mapped file to ARPA.")

    @Argument(help: "The model.")
    var source: String

    @Option(help: "The file to write; in ARPA format if its name ends in .arpa.")
    var output: String

    @Option(help: "Megabytes to sort at once; more goes to temporary files beside the output.")
    var memory = 512

    func run() { launch { try runLanguageModelConversion(self, session: $0) } }
}

/// `parp lm score`.
struct LanguageModelScore: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score", abstract: "Print the perplexity of text, and how much of it is unknown.")

    @Argument(help: "The model.")
    var model: String

    @Argument(help: "Text files, one sentence per line; - is standard input.")
    var text: [String]

    @Flag(help: "Print each sentence's log10 probability and number of unknown words.")
    var sentences = false

    @OptionGroup var json: JSONArguments

    func run() { launch { try runLanguageModelScoring(self, session: $0) } }
}

/// `parp lm attach`.
struct LanguageModelAttach: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract:
            "Put a language model into a model directory, in the form of Wav2Vec2ProcessorWithLM and pyctcdecode.",
        discussion: """
            Commands that turn speech into text use it from then on, and transformers loads the directory with it: \
            alphabet.json, and language_model/ with attrs.json, unigrams.txt and lm.arpa or lm.bin.
            """)

    @Argument(help: "The model directory.")
    var model: String

    @Option(help: "The language model, in any format, with n-grams of words.")
    var lm: String

    @Option(help: "The weight of the language model.")
    var alpha: Float = 0.5

    @Option(help: "The score that each word adds.")
    var beta: Float = 1.5

    func run() { launch { try runLanguageModelAttaching(self, session: $0) } }
}
