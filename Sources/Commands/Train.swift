internal import ArgumentParser
internal import Recipe
internal import Session
internal import Tasks
internal import Training

/// `parp train`.
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fine-tune a model by a recipe. Run it under mpirun or srun, or alone as one rank.",
        discussion: """
            Writes a run directory: recipe.toml (resolved), metrics.jsonl, masks/, checkpoints/, best/ and final/. The last \
            two are model directories that transformers loads.
            """)

    @OptionGroup
    var arguments: RunArguments

    func run() {
        launch { try runTraining(arguments.options, session: $0) }
    }
}
