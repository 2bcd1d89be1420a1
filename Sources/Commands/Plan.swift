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
            "Reads the recipe, the model's shape and the manifests, but no audio, and measures matrix products for a moment."
    )

    @Argument(help: "The recipe, a TOML file.")
    var recipe: String

    @OptionGroup var kind: RecipeKind

    @Option(help: "The number of ranks.")
    var ranks = 1

    @Option(help: "Ranks per node (default: all on one).")
    var ranksPerNode: Int?

    @Flag(help: "Print one JSON object on one line.")
    var json = false

    func validate() throws {
        guard (1...1_000_000).contains(ranks), (1...1_000_000).contains(ranksPerNode ?? 1) else {
            throw ValidationError("--ranks and --ranks-per-node must be from 1 to 1000000")
        }
    }

    func run() {
        let options = PlanOptions(
            recipe: recipe, overrides: kind.overrides, task: kind.task,
            ranks: ranks,
            ranksPerNode: ranksPerNode, json: json)
        launch { try runPlan(options, session: $0) }
    }
}
