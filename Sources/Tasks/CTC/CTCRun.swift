internal import Collectives
internal import Foundation
internal import Models
internal import Pruning
package import Recipe
internal import Session
internal import Tensors
internal import Text
internal import Training

/// Fine-tunes a model by a recipe, on all ranks of a session.
func runFineTuning(_ options: TrainOptions, session: Session) throws {
    try startRun(options, task: .ctc, session: session) { recipe in
        let model = try session.together {
            let model = try SpeechModel.toFineTune(recipe)
            if session.isRoot { try model.checkWeights() }
            return model
        }
        try session.requireSame([model.sharedVocabulary(madeOf: recipe.data.train)])
        // Before the corpora are looked over: a language model that is not there shows at once.
        let decoder =
            recipe.decoding.searches
            ? try DecodingOptions(recipe.decoding).decoder(for: model, session: session) : nil
        func check(_ path: String, needsAlignment: Bool) throws -> DatasetCheck {
            try DatasetChecker(
                model: model, labels: recipe.data.labels, preparation: recipe.data.text,
                policy: recipe.data.badUtterances, needsAlignment: needsAlignment
            ).check(path, session: session)
        }
        let train = try check(recipe.data.train, needsAlignment: true)
        let valid = try check(recipe.data.valid, needsAlignment: false)
        let problem = CTCProblem(
            recipe: recipe, model: model, train: train.dataset, valid: valid.dataset, decoder: decoder)
        try session.together { try problem.requireMemoryForLongest() }
        return PreparedProblem(
            problem: problem,
            leftOut: train.skipped + valid.skipped,
            announcement: announcement(recipe, model: model, train: train, valid: valid, session: session),
            content: model.content(train: train.dataset, valid: valid.dataset))
    }
}

extension SpeechModel {
    /// The model that a recipe fine-tunes.
    package static func toFineTune(_ recipe: Recipe) throws -> SpeechModel {
        try toFineTune(
            path: recipe.model.path, vocabulary: recipe.model.vocabulary,
            training: Transcripts(
                manifests: [recipe.data.train, recipe.data.valid], labels: recipe.data.labels,
                preparation: recipe.data.text))
    }
}

/// Describes the run that is about to start.
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
