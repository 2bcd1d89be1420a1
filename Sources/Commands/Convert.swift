internal import ArgumentParser
internal import Session
internal import Training

/// `parp convert`.
struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a fairseq checkpoint, or PyTorch weights, as a Hugging Face directory.")

    @Argument(help: "A fairseq .pt, a Hugging Face directory, or its pytorch_model.bin.")
    var source: String

    @Option(help: "The directory to write.")
    var output: String

    @Option(help: "The dictionary of a fine-tuned fairseq model, e.g. dict.ltr.txt (default: beside it).")
    var dictionary: String?

    @Flag(name: .customLong("bfloat16"), help: "Write weights as bfloat16: half the bytes, rounded.")
    var inBFloat16 = false

    @Flag(help: "Leave out the head, its vocabulary and a quantiser: a start for any other task.")
    var encoderOnly = false

    @OptionGroup var overwrite: OverwriteArguments

    func run() { launch { try runConvert(self, session: $0) } }
}
