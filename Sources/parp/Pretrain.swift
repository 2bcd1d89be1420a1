internal import ArgumentParser
internal import Training

/// `parp pretrain`.
struct Pretrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Pre-train a model on speech without transcripts. Run it under mpirun or srun, or alone as one rank.",
        discussion: """
            Writes a run directory as `parp train` does; its best/ and final/ are model directories that `parp train` \
            fine-tunes and transformers loads as Wav2Vec2ForPreTraining. `parp recipe --pretrain` prints a recipe.
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
        launch { try runPretraining(options, session: $0) }
    }
}
