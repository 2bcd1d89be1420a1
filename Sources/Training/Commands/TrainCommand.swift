internal import Collectives
internal import Foundation
internal import Models
internal import Pruning
internal import Tensors
internal import Text

/// What `parp train` or `parp pretrain` was asked for.
public struct TrainOptions: Sendable {
    /// The recipe file.
    public var recipe: String
    /// Changes of the recipe: `section.key=value` each.
    public var overrides: [String]
    /// The run directory; nil makes one below `runs/`, named after the recipe.
    public var output: String?
    /// Whether to go on with the run that is there.
    public var resume: Bool
    /// Faults that are to happen: `ACTION@key=value:key=value` each.
    public var injections: [String]
    /// Whether each rank's machine and processors are told at the start.
    public var reportsBindings = false
    /// A file for what every rank did when, for Chrome's trace viewer; nil writes none.
    public var trace: String?

    /// What to train, and where to.
    public init(
        recipe: String, overrides: [String] = [], output: String? = nil, resume: Bool = false,
        injections: [String] = []
    ) {
        self.injections = injections
        self.recipe = recipe
        self.overrides = overrides
        self.output = output
        self.resume = resume
    }
}

/// Fine-tunes a model as a recipe says, on all ranks of a session.
public func runTraining(_ options: TrainOptions, session: Session) throws {
    try startRun(options, purpose: .fineTuning, session: session) { recipe in
        let model = try session.together {
            let model = try SpeechModel.toFineTune(recipe)
            if session.isRoot { try model.checkWeights() }
            return model
        }
        func check(_ path: String, needsAlignment: Bool) throws -> DatasetCheck {
            try DatasetChecker(
                model: model, labels: recipe.data.labels, preparation: recipe.data.text,
                policy: recipe.data.badUtterances, needsAlignment: needsAlignment
            ).check(path, session: session)
        }
        let train = try check(recipe.data.train, needsAlignment: true)
        let valid = try check(recipe.data.valid, needsAlignment: false)
        return PreparedProblem(
            problem: CTCProblem(recipe: recipe, model: model, train: train.dataset, valid: valid.dataset),
            leftOut: train.skipped + valid.skipped,
            announcement: announcement(recipe, model: model, train: train, valid: valid, session: session))
    }
}

extension SpeechModel {
    /// The model that a recipe fine-tunes.
    static func toFineTune(_ recipe: Recipe) throws -> SpeechModel {
        try toFineTune(
            path: recipe.model.path, vocabulary: recipe.model.vocabulary,
            training: Transcripts(
                manifests: [recipe.data.train, recipe.data.valid], labels: recipe.data.labels,
                preparation: recipe.data.text))
    }
}

/// What is about to run.
private func announcement(
    _ recipe: Recipe, model: SpeechModel, train: DatasetCheck, valid: DatasetCheck, session: Session
) -> [String] {
    let layout = model.network.layout
    let pool = PrunablePool(layout, includesBiases: recipe.pruning.includeBiases)
    let weights = String(
        format: "model: %@, %.2f M weights, %.2f M of them prunable%@", recipe.model.path,
        Double(layout.parameterCount) / 1e6, Double(pool.count) / 1e6,
        model.needsFreshHead ? ", fresh head of \(model.vocabulary.size) tokens" : "")
    return [weights] + train.announcement("train") + valid.announcement("valid") + [
        "ranks: \(session.communicator.size) × \(Threads.count) thread(s); "
            + "method: \(recipe.pruning.method.rawValue)"
            + (recipe.pruning.method == .dense ? "" : ", sparsity \(recipe.pruning.sparsity)")
            + "; \(recipe.schedule.updates) updates of \(recipe.data.batchSeconds) s"
    ]
}
