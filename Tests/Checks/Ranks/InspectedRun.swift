import Pruning
import Recipe
import Session
import Tasks
import Tensors
import Training

/// A fine-tuning run taken apart: what checks look at on every rank between one
/// part of an update and the next.
struct InspectedRun: ~Copyable {
    private var run: TrainingRun<CTCProblem>

    /// Makes the run that `parp train` would, on all ranks together.
    init(recipe: Recipe, output: String, session: Session) throws {
        let model = try SpeechModel.toFineTune(recipe)
        func dataset(_ path: String, needsAlignment: Bool) throws -> SpeechDataset {
            try DatasetChecker(
                model: model, labels: recipe.data.labels, preparation: recipe.data.text,
                policy: recipe.data.badUtterances, needsAlignment: needsAlignment
            ).check(path, session: session).dataset
        }
        let directory = RunDirectory(path: output)
        try session.together { if session.isRoot { try directory.create() } }
        let problem = CTCProblem(
            recipe: recipe, model: model, train: try dataset(recipe.data.train, needsAlignment: true),
            valid: try dataset(recipe.data.valid, needsAlignment: false))
        run = try TrainingRun(
            TrainingRun.Start(
                recipe: recipe, session: session, directory: directory, problem: problem, resume: false))
    }

    /// Decides for all layers that a mask prunes whether they multiply kept weights alone, whatever is faster.
    mutating func chooseSparseProducts(_ areSparse: Bool) { run.state.sparseChoice = .always(areSparse) }

    /// Does one update, without what is due after it.
    mutating func step() throws { try run.step() }
    /// Prunes for good if the method plans a mask now.
    mutating func pruneIfDue() throws { try run.pruneIfDue() }
    /// Prunes for good whether a mask is due or not, after updates that gave the moments a history.
    mutating func prune(to sparsity: Double) throws { try run.prune(to: sparsity) }
    /// Evaluates on freshly pruned weights.
    mutating func evaluate() throws { try run.evaluate() }

    /// The weights of this rank.
    var values: Tensor { run.trainer.store.values.all }
    /// The gradients of the last update, summed over all ranks.
    var gradients: Tensor { run.trainer.store.gradients.all }
    /// Adam's first moment of each weight, 0 where a held mask leaves none.
    var firstMoment: [Float] { spread(run.trainer.store.moments.first.all) }
    /// Adam's second moment.
    var secondMoment: [Float] { spread(run.trainer.store.moments.second.all) }
    /// How many weights have moments.
    var momentCount: Int { run.trainer.store.moments.first.count }

    private func spread(_ moments: Tensor) -> [Float] {
        guard let kept = run.trainer.store.moments.kept else { return moments.array() }
        var place = 0
        return (0..<values.count).map { index in
            guard kept[index] else { return 0 }
            place += 1
            return moments[place - 1]
        }
    }
    /// The mask of the last re-prune.
    var mask: PruningMask { run.masks.current }
    /// What is pruned.
    var pool: PrunablePool { run.masks.pool }
}
