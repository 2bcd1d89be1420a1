internal import ArgumentParser
internal import Session
internal import Studies

/// `parp bench sparse`.
struct BenchSparse: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sparse",
        abstract: "Measure a linear layer's sparse products against dense ones, forward and in training.")

    @Option(help: "Inputs of the layer.")
    var input = 768

    @Option(help: "Outputs of the layer.")
    var output = 768

    @Option(help: "Frames.")
    var frames = 150

    @Option(help: "The share of the weights that are zero.")
    var sparsity = 0.9

    @OptionGroup var threads: ThreadArguments

    @Option(help: "How often each product is measured; medians are reported.")
    var repeats = 25

    @OptionGroup var json: JSONArguments

    func validate() throws {
        guard input > 0, output > 0, frames > 0, repeats > 0, (0...1).contains(sparsity) else {
            throw ValidationError(
                "--input, --output, --frames and --repeats must be above 0, and --sparsity from 0 to 1"
            )
        }
    }

    func run() {
        var options = SparseBenchmarkOptions(input: input, output: output, frames: frames, sparsity: sparsity)
        options.threads = threads.count
        options.repeats = repeats
        options.json = json.isAsked
        launch { try runSparseBenchmark(options, session: $0) }
    }
}
