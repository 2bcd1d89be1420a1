/// What a recipe trains a model for.
///
/// It decides which keys a recipe has (`RecipeKey.tasks`), their defaults, the unit of work, and the metrics
/// of evaluations. The code that runs a task is in the room Tasks.
package enum TaskKind: String, Sendable, CaseIterable {
    /// Fine-tuning on transcribed speech.
    case ctc
    /// Pre-training on speech alone.
    case pretrain
    /// Fine-tuning on texts, or pairs of texts, with classes.
    case classify
    /// Fine-tuning on texts, or pairs of texts, with numbers.
    case regress

    /// The tasks on recordings.
    package static let speech: Set<TaskKind> = [.ctc, .pretrain]
    /// The tasks on text.
    package static let text: Set<TaskKind> = [.classify, .regress]
    /// The tasks that fine-tune, in which weights can be pruned.
    package static let fineTuning: Set<TaskKind> = [.ctc, .classify, .regress]

    /// The command that assumes this task if a recipe names none.
    package var command: String {
        switch self {
        case .ctc, .classify, .regress: "parp train"
        case .pretrain: "parp pretrain"
        }
    }

    /// The unit of work.
    package var workUnit: WorkUnit {
        switch self {
        case .ctc, .pretrain: .audio
        case .classify, .regress: .tokens
        }
    }

    /// The metrics of evaluations besides the loss, most important first.
    package var metrics: [MetricSpec] {
        switch self {
        case .ctc: [.wordErrorRate, .characterErrorRate]
        case .pretrain: []
        case .classify: [.accuracy, .f1, .matthews]
        case .regress: [.pearson, .spearman]
        }
    }

    /// The loss of the validation set.
    package var loss: MetricSpec {
        switch self {
        case .ctc: .loss(per: "an utterance")
        case .pretrain: .loss(per: "a masked frame")
        case .classify: .loss(per: "an example")
        case .regress: .squaredError
        }
    }

    /// The metrics that can select the best model.
    package var choices: [MetricSpec] { metrics + [loss] }
}

extension TaskKind: RecipeChoice {}

/// The unit of a task's work, besides items: it measures batches, and compares ranks.
package struct WorkUnit: Sendable, Hashable {
    /// The material: `audio`.
    package let name: String
    /// The amount's field in logs and traces: `audio_seconds`.
    package let field: String
    /// The symbol after a number: `audio s`.
    package let symbol: String
    /// One unit, in a sentence: `a second of audio`.
    package let one: String
    /// The recipe's key for the amount per update.
    package let batchKey: String

    /// Seconds of audio.
    package static let audio = WorkUnit(
        name: "audio", field: "audio_seconds", symbol: "audio s", one: "a second of audio",
        batchKey: "data.batch_seconds")
    /// Tokens of text, special ones included.
    package static let tokens = WorkUnit(
        name: "text", field: "tokens", symbol: "tokens", one: "a token", batchKey: "data.batch_examples")
}
