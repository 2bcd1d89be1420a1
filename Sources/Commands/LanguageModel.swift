internal import ArgumentParser
internal import Session
internal import Training

/// `parp lm`.
struct LanguageModel: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lm",
        abstract: "Estimate language models from text, convert them, and score text with them.",
        discussion: """
            Wherever a language model is asked for, any of these will do: a file of parp, an ARPA file, compressed by gzip or \
            not, and KenLM's binaries, of hash tables (probing) or of a trie.
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
            Text has one sentence a line, as transcripts spell it: in their case, without punctuation. A name that ends in .arpa \
            asks for ARPA's format, any other for the binary one.

              parp lm build transcripts.txt --order 3 --output es.lm
            """)

    @Argument(help: "Text files, compressed by gzip or not; - is standard input.")
    var text: [String]

    @Option(help: "The longest n-grams.")
    var order = 3

    @Option(
        parsing: .upToNextOption,
        help:
            "For each order from 1 on, leave out n-grams that occur this often or less; the last number holds for higher orders."
    )
    var prune: [Int] = []

    @Option(help: "The file to write.")
    var output: String

    @Option(help: "Megabytes that are sorted at once; more goes to temporary files beside the output.")
    var memory = 512

    func run() {
        let options = LanguageModelBuildOptions(
            text: text, order: order, prune: prune, output: output, megabytes: memory)
        launch { try runLanguageModelBuild(options, session: $0) }
    }
}

/// `parp lm convert`.
struct LanguageModelConvert: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Write an ARPA file or a trie of KenLM's as a mapped file, or such a file as ARPA.")

    @Argument(help: "The model.")
    var source: String

    @Option(help: "The file to write; ARPA's format where its name ends in .arpa.")
    var output: String

    @Option(help: "Megabytes that are sorted at once; more goes to temporary files beside the output.")
    var memory = 512

    func run() {
        let options = LanguageModelConvertOptions(source: source, output: output, megabytes: memory)
        launch { try runLanguageModelConversion(options, session: $0) }
    }
}

/// `parp lm score`.
struct LanguageModelScore: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score", abstract: "Print the perplexity of text, and how much of it is unknown.")

    @Argument(help: "The model.")
    var model: String

    @Argument(help: "Text files, a sentence a line; - is standard input.")
    var text: [String]

    @Flag(help: "Print log10 of each sentence's probability, and how many of its words are unknown.")
    var sentences = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() {
        let options = LanguageModelScoreOptions(
            model: model, text: text, printsSentences: sentences, json: json)
        launch { try runLanguageModelScoring(options, session: $0) }
    }
}

/// `parp lm attach`.
struct LanguageModelAttach: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract:
            "Put a language model into a model directory, as Wav2Vec2ProcessorWithLM and pyctcdecode have it.",
        discussion: """
            Commands that turn speech into text use it from then on, and transformers loads the directory with it: \
            alphabet.json, and language_model/ with attrs.json, unigrams.txt and lm.arpa or lm.bin.
            """)

    @Argument(help: "The model directory.")
    var model: String

    @Option(help: "The language model, of any format; words are its n-grams.")
    var lm: String

    @Option(help: "The weight of the language model.")
    var alpha: Float = 0.5

    @Option(help: "What each word adds.")
    var beta: Float = 1.5

    func run() {
        let options = LanguageModelAttachOptions(model: model, languageModel: lm, alpha: alpha, beta: beta)
        launch { try runLanguageModelAttaching(options, session: $0) }
    }
}
