package import Checkpoints
package import JSON
package import Pruning
package import Recipe
package import Reports
package import Session
package import Tensors

/// What a run needs to know of a problem besides its task: where weights come from, how they are evaluated,
/// and how a model is written.
///
/// CTC fine-tuning is one problem and pre-training another; `TrainingRun` knows neither.
package protocol RunProblem: Sendable {
    /// What is trained.
    associatedtype Task: TrainingTask
    /// The result of an evaluation.
    associatedtype Evaluation: RunEvaluation

    /// The parameters' names and places.
    var layout: ParameterLayout { get }
    /// The origin of the model, as named in its card and masks.
    var modelPath: String { get }
    /// How weights are pruned during the run.
    var pruningMethod: PruningMethod { get }
    /// What the page of the run shows.
    static var report: ReportOutline { get }

    /// Fills the store with the weights that a run starts from.
    func loadWeights(into values: Tensor, seed: UInt64) throws

    /// Does what must be done once, on all ranks together, between loading weights and the first update.
    mutating func prepare(_ store: borrowing ParameterStore, session: Session) throws

    /// The task of a prepared run.
    func makeTask() -> Task

    /// Evaluates on all ranks together; all get the whole result.
    ///
    /// - Parameter isLast: Whether it may be the last evaluation of the run.
    func evaluate(
        after update: Int, isLast: Bool, parameters: ParameterViews, session: Session, arena: inout Arena
    ) throws -> Evaluation

    /// The small files of a model after so many updates, with what they took and the evaluation that it was kept for.
    func files(update: Int, sparsity: Double, cost: RunCost, evaluation: Evaluation?) -> ModelFiles
}

/// What updates took.
package struct RunCost: Sendable, Equatable {
    /// The ranks of the last of them, and threads that each computed with.
    package let ranks: Int
    package let threads: Int
    /// Hours of all cores together, in updates and evaluations.
    package let coreHours: Double

    /// A cost.
    package init(ranks: Int, threads: Int, coreHours: Double) {
        (self.ranks, self.threads, self.coreHours) = (ranks, threads, coreHours)
    }
}

/// The result of an evaluation, as a run records it.
package protocol RunEvaluation: Sendable {
    /// The number of a metric.
    func value(of metric: MetricSpec) -> Double
    /// The fields of an `eval` event.
    func fields(sparsity: Double) -> [(String, JSONValue)]
    /// Whether its values are finite: the evaluation of a diverged model never counts as the best.
    var isSound: Bool { get }
    /// Its summary in a line of progress.
    func summary(sparsity: Double) -> String
    /// On rank 0, the utterances that it erred most in, the worst first; empty where there are none.
    var worst: [WorstUtterances.Utterance] { get }
}

extension RunEvaluation {
    package var worst: [WorstUtterances.Utterance] { [] }
}
