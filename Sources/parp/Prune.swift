public import ArgumentParser
public import Training

extension PruneChoice: ExpressibleByArgument {}

/// `parp prune`.
struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prune a model once, without training, and write it with its mask.")

    @Option(help: "The model: a directory or a fairseq checkpoint.")
    var model: String

    @Option(help: "The share of the prunable weights to zero, from 0 to 1.")
    var sparsity: Double

    @Option(help: "What is pruned: the smallest magnitudes, or random weights.")
    var method = PruneChoice.magnitude

    @Option(help: "The directory to write.")
    var output: String

    @Option(help: "Where random numbers are counted from.")
    var seed = 1

    func run() {
        let options = PruneOptions(
            model: model, sparsity: sparsity, method: method, output: output, seed: seed)
        launch { try runPrune(options, session: $0) }
    }
}
