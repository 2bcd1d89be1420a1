internal import ArgumentParser
internal import Session
internal import Training

/// `parp corpus check`.
struct CorpusCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract:
            "Print what a corpus holds, and every utterance that a run would refuse; then the exit code is 65."
    )

    @OptionGroup var corpus: CorpusArguments

    @Option(help: "A model directory, whose vocabulary the texts are to fit.")
    var model: String?

    @Option(help: "A vocab.json, or a fairseq dictionary (.txt), that the texts are to fit.")
    var vocabulary: String?

    @Option(help: "Case that transcripts are brought to: as_is, upper or lower.")
    var textCase = "as_is"

    @Flag(help: "Decode every recording to its end, instead of reading its header.")
    var decode = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() {
        let options = CorpusCheckOptions(
            source: corpus.value, model: model, vocabulary: vocabulary, textCase: textCase, decodes: decode,
            json: json)
        launch { try runCorpusCheck(options, session: $0) }
    }
}
