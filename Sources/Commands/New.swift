public import ArgumentParser
internal import Preflight
public import Pruning
internal import Session
internal import Speech

extension ComparedMethod: ExpressibleByArgument {}

/// `parp new`.
struct New: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Write a recipe that fits a corpus, a model and this machine, with a reason for each value.",
        discussion: """
            CORPUS is anything that data.train accepts, or a folder written by `parp corpus split`. The recipe is a starting \
            point: docs/settings.md has its rules, and what to change first.

              parp new split --model cluster/models/small --output first.toml
            """)

    @Argument(help: "The corpus to train on, or a folder with train and valid.")
    var corpus: String

    @Option(
        help:
            "The model to start from; a preset's name, such as base, stands for one that does not exist yet.")
    var model: String

    @Option(help: "The corpus to evaluate on (default: valid, dev or heldout beside CORPUS).")
    var valid: String?

    @Option(help: "The units of transcripts: letters or phones.")
    var labels = Manifest.Labels.letters

    @Option(help: "The pruning method: dense, parp, parp-p, …")
    var method = ComparedMethod.parp

    @Option(help: "The share of weights to prune.")
    var sparsity = 0.5

    @Option(help: "Hours that the run may take.")
    var hours = 12.0

    @Option(help: "The number of ranks (default: one for each core of this machine).")
    var ranks: Int?

    @Option(help: "Ranks per node (default: the cores of this machine).")
    var ranksPerNode: Int?

    @Option(name: .shortAndLong, help: "The recipe to write (default: print it).")
    var output: String?

    @OptionGroup var overwrite: OverwriteArguments

    func validate() throws {
        guard (1...1_000_000).contains(ranks ?? 1), (1...1_000_000).contains(ranksPerNode ?? 1) else {
            throw ValidationError("--ranks and --ranks-per-node must be from 1 to 1000000")
        }
        guard (0...1).contains(sparsity) else {
            throw ValidationError("--sparsity is \(sparsity); it must be from 0 to 1, e.g. 0.5")
        }
        guard hours > 0, hours < 1e6 else { throw ValidationError("--hours must be above 0") }
    }

    func run() {
        var options = NewRecipeOptions(corpus: corpus, model: model)
        options.valid = valid
        options.labels = labels
        options.wishes = FittingWishes(method: method, sparsity: sparsity, hours: hours)
        (options.ranks, options.ranksPerNode, options.output) = (ranks, ranksPerNode, output)
        options.overwrites = overwrite.isAsked
        launch { [options] in try runNewRecipe(options, session: $0) }
    }
}
