internal import ArgumentParser
internal import Preflight
internal import Session
internal import Training

/// `parp plan`.
struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Predict what a run will take: memory, updates, bytes on the network, operations, time.",
        discussion:
            """
            Reads the recipe, the model's shape and the manifests, but no audio, and measures matrix products briefly. \
            RECIPE may be the name of one that comes with parp, such as base-1h. Missing inputs can be assumed: \
            for a corpus, --hours of speech; for a model, --set model.path=base or another preset's name.
            """)

    @Argument(help: "The recipe, a TOML file, or the name of one that comes with parp.")
    var recipe: String

    @OptionGroup var kind: RecipeKind

    @Option(help: "The number of ranks.")
    var ranks = 1

    @Option(help: "Ranks per node (default: all on one).")
    var ranksPerNode: Int?

    @Option(help: "Hours of speech to plan for, if the recipe's corpus does not exist yet.")
    var hours: Double?

    @OptionGroup var json: JSONArguments

    func validate() throws {
        guard (1...1_000_000).contains(ranks), (1...1_000_000).contains(ranksPerNode ?? 1) else {
            throw ValidationError("--ranks and --ranks-per-node must be from 1 to 1000000")
        }
        guard (0.001...100_000).contains(hours ?? 1) else {
            throw ValidationError("--hours must be from 0.001 to 100000")
        }
    }

    func run() {
        let options = PlanOptions(
            recipe: recipe, overrides: kind.overrides, task: kind.task,
            ranks: ranks,
            ranksPerNode: ranksPerNode, hours: hours, json: json.isAsked)
        launch { try runPlan(options, session: $0) }
    }
}
