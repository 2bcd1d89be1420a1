/// What a recipe trains a model for.
///
/// It decides which keys a recipe has (`RecipeKey.tasks`), their defaults, what work is counted in, and what an
/// evaluation measures. What runs a task stands in the room Tasks.
package enum TaskKind: String, Sendable, CaseIterable {
    /// Fine-tuning on transcribed speech.
    case ctc
    /// Pre-training on speech alone.
    case pretrain
    /// Fine-tuning on texts, or pairs of texts, of some classes.
    case classify
    /// Fine-tuning on texts, or pairs of texts, with a number each.
    case regress

    /// The tasks on recordings.
    package static let speech: Set<TaskKind> = [.ctc, .pretrain]
    /// The tasks on text.
    package static let text: Set<TaskKind> = [.classify, .regress]
    /// The tasks that fine-tune, in which weights can be pruned.
    package static let fineTuning: Set<TaskKind> = [.ctc, .classify, .regress]

    /// The command that reads recipes of this task though they do not name it.
    package var command: String {
        switch self {
        case .ctc, .classify, .regress: "parp train"
        case .pretrain: "parp pretrain"
        }
    }

    /// What work is counted in.
    package var workUnit: WorkUnit {
        switch self {
        case .ctc, .pretrain: .audio
        case .classify, .regress: .tokens
        }
    }

    /// What an evaluation measures beside the loss, the most telling first.
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

    /// All that the best model can be chosen by.
    package var choices: [MetricSpec] { metrics + [loss] }
}

extension TaskKind: RecipeChoice {}

/// What a task's work is counted in, beside its items: what batches are filled with, and ranks compared by.
package struct WorkUnit: Sendable, Hashable {
    /// What is worked on: `audio`.
    package let name: String
    /// What logs and traces call the amount: `audio_seconds`.
    package let field: String
    /// The amount beside a number: `audio s`.
    package let symbol: String
    /// One of it, as a sentence says it: `a second of audio`.
    package let one: String
    /// The key of a recipe that says how much an update has.
    package let batchKey: String

    /// Seconds of audio.
    package static let audio = WorkUnit(
        name: "audio", field: "audio_seconds", symbol: "audio s", one: "a second of audio",
        batchKey: "data.batch_seconds")
    /// Tokens of text, special ones included.
    package static let tokens = WorkUnit(
        name: "text", field: "tokens", symbol: "tokens", one: "a token", batchKey: "data.batch_examples")
}
