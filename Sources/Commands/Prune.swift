internal import ArgumentParser
internal import Session
internal import Training

extension PruneChoice: ExpressibleByArgument {}

/// `parp prune`.
struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prune a model once, without training, and write it with its mask.")

    @Option(help: "The model: a directory, a pack or a fairseq checkpoint.")
    var model: String

    @Option(help: "The share of the prunable weights to zero, from 0 to 1.")
    var sparsity: Double

    @Option(help: "What is pruned: the smallest magnitudes, or random weights.")
    var method = PruneChoice.magnitude

    @Option(help: "The directory to write.")
    var output: String

    @Option(help: "The seed of the random numbers.")
    var seed = 1

    @Flag(help: "Rank each Transformer block separately, so that all are equally sparse.")
    var byLayer = false

    @Flag var biases: BiasChoice?

    @Option(
        help:
            "A mask whose pruned weights stay pruned and count towards the sparsity, as in rounds of iterative pruning."
    )
    var within: String?

    @OptionGroup var overwrite: OverwriteArguments

    func run() { launch { try runPrune(self, session: $0) } }
}
