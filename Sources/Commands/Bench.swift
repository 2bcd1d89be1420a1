public import ArgumentParser
package import Recipe
internal import Session
internal import Studies
internal import Tasks
public import Tensors

extension MeasuredFeatures: ExpressibleByArgument {}
extension GEMMPrecision: ExpressibleByArgument {}

extension Automatic: ExpressibleByArgument where Value: ExpressibleByArgument {
    /// A value, or `auto`.
    package init?(argument: String) {
        guard argument != "auto" else {
            self = .automatic
            return
        }
        guard let value = Value(argument: argument) else { return nil }
        self = .value(value)
    }

    /// The value as it is given.
    package var defaultValueDescription: String { stated?.defaultValueDescription ?? "auto" }
}

/// `parp bench`.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure the speed of the parts of training.",
        subcommands: [
            BenchStep.self, BenchCollectives.self, BenchPrune.self, BenchKernels.self, BenchLoad.self,
            BenchSparse.self,
        ])
}

/// `parp bench step`.
struct BenchStep: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step", abstract: "Measure fine-tuning updates on noise; under mpirun, on all ranks.")

    @Option(
        help:
            "A preset (tiny, small, base, large, xlsr53), a model directory or a fairseq checkpoint; with --examples, bert-base or a text model's directory."
    )
    var model = "base"

    @Option(help: "Utterances per rank.")
    var batch = 4

    @Option(help: "Seconds of each utterance.")
    var seconds = 5.0

    @Option(help: "Examples per rank, for a text model.")
    var examples: Int?

    @Option(help: "Tokens of each example.")
    var tokens = 32

    @Option(help: "A JSON list of batches, each a list of its utterances' seconds.")
    var batches: String?

    @Option(help: "Precision of matrix products: float32, bfloat16, or auto for what a probe finds faster.")
    var precision = Automatic<GEMMPrecision>.value(.float32)

    @Option(
        help: "Whether the feature encoder's output is computed or cached, or the encoder is trained too.")
    var features = MeasuredFeatures.computed

    @OptionGroup var threads: ThreadArguments

    @Option(help: "The probability of every dropout.")
    var dropout = 0.1

    @Option(help: "Updates to measure.")
    var updates = 5

    @Option(help: "Updates before the first measured one.")
    var warmup = 2

    @Flag(
        help: "Follow each update with one of a second replica that sums nothing, to show the cost of sums.")
    var besideSilent = false

    @Option(
        help: "The share of weights pruned by a held mask; measured alternately with dense products.")
    var heldSparsity = 0.0

    @Option(
        help: ArgumentHelp(
            "The share of weights pruned by a mask that still moves, as parp-m's; measured alternately with "
                + "dense updates, as PARP's."))
    var movingSparsity = 0.0

    @Option(help: "Megabytes of gradients per message; 0 lets a probe choose.")
    var bucketMegabytes = 25.0

    @OptionGroup var json: JSONArguments

    func validate() throws {
        guard batch > 0, seconds > 0.03, examples ?? 1 > 0, tokens > 0, updates > 0, warmup >= 0 else {
            throw ValidationError("--batch, --seconds, --examples, --tokens and --updates must be above 0")
        }
        for (name, sparsity) in [("held", heldSparsity), ("moving", movingSparsity)]
        where !(0..<1).contains(sparsity) {
            throw ValidationError("--\(name)-sparsity is \(sparsity); it must be from 0 to below 1, e.g. 0.9")
        }
        guard [heldSparsity > 0, movingSparsity > 0, besideSilent].count(where: \.self) < 2 else {
            throw ValidationError(
                "--held-sparsity, --moving-sparsity and --beside-silent are different comparisons; give one of "
                    + "them")
        }
    }

    func run() {
        launch { session in
            if let examples {
                var options = TextStepOptions(model: model, examples: examples, tokens: tokens)
                (options.threads, options.dropout, options.updates) = (threads.count, dropout, updates)
                (options.warmup, options.json) = (warmup, json.isAsked)
                return try runTextStepBenchmark(options, session: session)
            }
            let configuration = try session.together { try modelConfiguration(model) }
            var options = StepBenchmarkOptions(configuration: configuration, modelName: model)
            options.batch = batch
            options.seconds = seconds
            options.batchesFile = batches
            options.precision = precision
            options.features = features
            options.threads = threads.count
            options.dropout = dropout
            options.updates = updates
            options.warmup = warmup
            options.besideSilent = besideSilent
            if heldSparsity > 0 { options.mask = MeasuredMask(sparsity: heldSparsity, moves: false) }
            if movingSparsity > 0 { options.mask = MeasuredMask(sparsity: movingSparsity, moves: true) }
            options.bucketMegabytes = bucketMegabytes
            options.json = json.isAsked
            try runStepBenchmark(options, session: session)
        }
    }
}
