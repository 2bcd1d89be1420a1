internal import ArgumentParser
internal import Training

/// `parp train`.
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fine-tune a model as a recipe says. Run it under mpirun or srun, or alone as one rank.",
        discussion: """
            Writes a run directory: recipe.toml (resolved), metrics.jsonl, masks/, checkpoints/, best/ and final/. The last \
            two are model directories that transformers loads.
            """)

    @Argument(help: "The recipe, a TOML file.")
    var recipe: String

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Change a key of the recipe; may be given often.", valueName: "section.key=value"))
    var overrides: [String] = []

    @Option(help: "The run directory (default: runs/RECIPE).")
    var output: String?

    @Flag(help: "Go on with the run in the directory, from its newest checkpoint.")
    var resume = false

    func run() {
        let options = TrainOptions(recipe: recipe, overrides: overrides, output: output, resume: resume)
        launch { try runTraining(options, session: $0) }
    }
}
