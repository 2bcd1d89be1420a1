internal import ArgumentParser
internal import Session
internal import Training

/// `parp corpus check`.
struct CorpusCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract:
            "Print what a corpus holds, and every utterance that a run would refuse; if any, exit with 65."
    )

    @OptionGroup var corpus: CorpusArguments

    @Option(help: "A model directory whose vocabulary must cover the texts.")
    var model: String?

    @Option(help: "A vocab.json, or a fairseq dictionary (.txt), that must cover the texts.")
    var vocabulary: String?

    @OptionGroup var text: TextArguments

    @Flag(help: "Decode every recording to its end, instead of reading its header.")
    var decode = false

    @OptionGroup var json: JSONArguments

    func run() { launch { try runCorpusCheck(self, session: $0) } }
}
