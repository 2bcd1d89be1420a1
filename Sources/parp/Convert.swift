internal import ArgumentParser
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

    func run() {
        let options = ConvertOptions(source: source, output: output, dictionary: dictionary)
        launch { try runConvert(options, session: $0) }
    }
}
