internal import Models
internal import Optimization
internal import Pruning
internal import Speech
internal import Text

extension Recipe {
    /// The optimiser and its schedule.
    var optimizerSettings: OptimizerSettings {
        OptimizerSettings(
            adam: Adam(
                beta1: optimizer.betas[0], beta2: optimizer.betas[1], epsilon: optimizer.epsilon,
                weightDecay: optimizer.weightDecay),
            schedule: LearningRateSchedule(
                kind: schedule.kind, peak: optimizer.learningRate, updates: schedule.updates,
                phases: schedule.phases, initialScale: schedule.initialScale,
                finalScale: schedule.finalScale),
            clipNorm: optimizer.clipNorm,
            scoreRate: pruning.scoreLearningRate.stated.map { $0 / optimizer.learningRate } ?? 1)
    }
}

extension Recipe {
    /// The global batches of all updates.
    func batchSchedule(of data: SpeechDataset) -> BatchSchedule {
        BatchSchedule(
            utterances: data.utterances, seed: UInt64(seed), batchSeconds: self.data.batchSeconds,
            samplingAlpha: self.data.samplingAlpha)
    }

    /// How global batches become micro-batches.
    var batchSharing: BatchSharing {
        distributed.reproducible
            ? BatchSharing(
                rankSeconds: data.rankSeconds, parts: distributed.reproducibleParts,
                batchSeconds: data.batchSeconds)
            : BatchSharing(rankSeconds: data.rankSeconds)
    }
}

extension CTCTask {
    /// The task that a recipe describes.
    init(recipe: Recipe, model: SpeechModel, data: SpeechDataset) {
        self.init(
            model: model.network, data: data, schedule: recipe.batchSchedule(of: data),
            settings: Settings(
                seed: UInt64(recipe.seed), regularization: recipe.regularization.settings,
                augmentation: recipe.augmentation.settings,
                freezeFeatureEncoder: recipe.model.freezeFeatureEncoder,
                freezeEncoderUpdates: recipe.model.freezeEncoderUpdates,
                sharing: recipe.batchSharing,
                recomputesActivations: recipe.model.recomputeActivations, blank: model.vocabulary.blank,
                zeroInfinity: recipe.loss.zeroInfinity))
    }
}

extension Metric {
    /// The number that a metric takes of an evaluation; lower is better.
    func value(_ result: EvaluationResult) -> Double {
        switch self {
        case .wordErrorRate: result.words.rate
        case .characterErrorRate: result.characters.rate
        case .loss: result.meanLoss
        }
    }
}
