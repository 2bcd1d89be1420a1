internal import Collectives
internal import Foundation
internal import Models
internal import Recipe
package import Session
internal import Tensors
package import Training

/// Pre-trains a model on speech without transcripts by a recipe, on all ranks of a session.
package func runPretraining(_ options: TrainOptions, session: Session) throws {
    try startRun(options, task: .pretrain, session: session) { recipe in
        let model = try session.together {
            try PretrainingModel(path: recipe.model.path, settings: recipe.pretraining)
        }
        let checker = DatasetChecker(
            configuration: model.network.configuration, preprocessor: model.preprocessor, transcripts: nil,
            usedSeconds: recipe.data.minimumSeconds...recipe.data.maximumSeconds,
            policy: recipe.data.badUtterances)
        let train = try checker.check(recipe.data.train, session: session)
        let valid = try checker.check(recipe.data.valid, session: session)
        return PreparedProblem(
            problem: PretrainingProblem(
                recipe: recipe, model: model, train: train.dataset, valid: valid.dataset),
            leftOut: [train, valid].flatMap { $0.skipped + $0.short },
            announcement: announcement(recipe, model: model, train: train, valid: valid, session: session),
            content: model.content(train: train.dataset, valid: valid.dataset))
    }
}

/// Describes the run that is about to start.
private func announcement(
    _ recipe: Recipe, model: PretrainingModel, train: DatasetCheck, valid: DatasetCheck, session: Session
) -> [String] {
    let weights = String(
        format: "model: %@, %.2f M weights, %@", recipe.model.path,
        Double(model.network.layout.parameterCount) / 1e6,
        model.weights == nil ? "all initialised at random" : "continuing from those in the directory")
    return [weights] + train.announcement("train") + valid.announcement("valid") + [
        "ranks: \(session.communicator.size) × \(Threads.count) thread(s); pre-training; "
            + "\(recipe.schedule.updates) updates of \(recipe.data.batchSeconds) s"
    ]
}
