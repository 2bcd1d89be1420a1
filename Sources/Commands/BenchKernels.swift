internal import ArgumentParser
internal import Session
internal import Studies
internal import Tasks
internal import Tensors

/// `parp bench kernels`.
struct BenchKernels: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernels",
        abstract: "Measure each kernel against its limit: the fastest product, or the bandwidth of a copy.",
        discussion: "Of one thread the processor's time is measured, so that other programs do not sway it.")

    @Option(help: "A preset (tiny, base, large, xlsr53) or a model directory.")
    var model = "base"

    @Option(help: "Utterances.")
    var batch = 4

    @Option(help: "Frames of each utterance.")
    var frames = 249

    @Option(help: "Precision of matrix products: float32 or bfloat16.")
    var precision = GEMMPrecision.float32

    @OptionGroup var threads: ThreadArguments

    @Option(help: "The probability of every dropout.")
    var dropout = 0.1

    @Option(help: "How often each kernel is measured; medians are reported.")
    var repeats = 9

    @OptionGroup var json: JSONArguments

    func validate() throws {
        guard batch > 0, frames > 0, repeats > 0, (0..<1).contains(dropout) else {
            throw ValidationError(
                "--batch, --frames and --repeats must be above 0, and --dropout from 0 to below 1")
        }
    }

    func run() {
        launch { session in
            let configuration = try session.together { try modelConfiguration(model) }
            var options = KernelsBenchmarkOptions(configuration: configuration, modelName: model)
            options.batch = batch
            options.frames = frames
            options.precision = precision
            options.threads = threads.count
            options.dropout = dropout
            options.repeats = repeats
            options.json = json.isAsked
            try runKernelsBenchmark(options, session: session)
        }
    }
}
