internal import ArgumentParser
internal import Session
internal import Studies
internal import Tasks
internal import Training

/// `parp bench prune`.
struct BenchPrune: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Measure a re-prune against one read of the pool; under mpirun, on all ranks.")

    @Option(help: "A preset (tiny, base, large, xlsr53) or a model directory.")
    var model = "base"

    @Option(help: "The share of the pool to prune.")
    var sparsity = 0.5

    @Option(help: "How often it is measured; medians are reported.")
    var repeats = 9

    @OptionGroup var json: JSONArguments

    func validate() throws {
        guard repeats > 0, (0...1).contains(sparsity) else {
            throw ValidationError("--repeats must be above 0, and --sparsity from 0 to 1")
        }
    }

    func run() {
        launch { session in
            let configuration = try session.together { try modelConfiguration(model) }
            var options = PruneBenchmarkOptions(configuration: configuration, modelName: model)
            options.sparsity = sparsity
            options.repeats = repeats
            options.json = json.isAsked
            try runPruneBenchmark(options, session: session)
        }
    }
}
