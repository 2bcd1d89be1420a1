package import Pruning
internal import Speech
package import Tensors

/// A run taken apart: what the checks under `mpirun` (Tests/Ranks) look at on every rank between one part of
/// an update and the next.
extension TrainingRun {
    /// Makes the run that `parp train` would, on all ranks together.
    package init(recipe: Recipe, output: String, session: Session) throws {
        let model = try SpeechModel.toFineTune(
            path: recipe.model.path, vocabulary: recipe.model.vocabulary,
            training: SpeechModel.Transcripts(
                manifest: recipe.data.train, labels: recipe.data.labels, textCase: recipe.data.textCase))
        func dataset(_ path: String, needsAlignment: Bool) throws -> SpeechDataset {
            try DatasetChecker(
                model: model, labels: recipe.data.labels, textCase: recipe.data.textCase,
                policy: recipe.data.badUtterances, needsAlignment: needsAlignment
            ).check(path, session: session).dataset
        }
        let directory = RunDirectory(path: output)
        try session.together { if session.isRoot { try directory.create() } }
        try self.init(
            Start(
                recipe: recipe, session: session, directory: directory, model: model,
                train: dataset(recipe.data.train, needsAlignment: true),
                valid: dataset(recipe.data.valid, needsAlignment: false), resume: false))
    }

    /// The weights of this rank.
    package var values: Tensor { trainer.store.values.all }
    /// The gradients of the last update, summed over all ranks.
    package var gradients: Tensor { trainer.store.gradients.all }
    /// Adam's first moment.
    package var firstMoment: Tensor { trainer.store.firstMoment.all }
    /// Adam's second moment.
    package var secondMoment: Tensor { trainer.store.secondMoment.all }
    /// The mask of the last re-prune.
    package var mask: PruningMask { masks.current }
    /// What is pruned.
    package var pool: PrunablePool { masks.pool }
}
