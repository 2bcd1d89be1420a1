package import Recipe
package import Session
package import Training

/// Trains a model by a recipe, for the recipe's task, on all ranks of a session.
package func runTraining(_ options: TrainOptions, session: Session) throws {
    let task = try session.together { try Recipe(path: options.recipe, overrides: options.overrides).task }
    switch task {
    case .ctc: try runFineTuning(options, session: session)
    case .pretrain: try runPretraining(options, session: session)
    case .classify, .regress: try runTextFineTuning(options, task: task, session: session)
    }
}

extension TaskKind {
    /// What a run of this task is planned by; nil for tasks on text, which hear nothing.
    package var plannedSpeechTask: (any PlannedSpeechTask.Type)? {
        switch self {
        case .ctc: CTCTask.self
        case .pretrain: PretrainingTask.self
        case .classify, .regress: nil
        }
    }
}
