internal import ArgumentParser
internal import Session
internal import Tasks
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

    @OptionGroup
    var arguments: RunArguments

    func run() {
        launch { try runPretraining(arguments.options, session: $0) }
    }
}
