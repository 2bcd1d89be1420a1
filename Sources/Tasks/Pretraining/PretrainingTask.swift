package import Batching
internal import Foundation
package import JSON
package import Models
package import Tensors
package import Training

/// Self-supervised pre-training of wav2vec 2.0 (Baevski et al., 2020, section 3): telling a masked frame's
/// quantised target from others of its utterance.
package struct PretrainingTask: SpeechTask {
    package let model: Wav2Vec2Pretraining
    package let data: SpeechDataset
    package let schedule: BatchSchedule
    package let settings: Settings

    /// The recipe's settings of the task.
    package struct Settings: Sendable {
        package var seed: UInt64
        package var regularization: Regularization
        package var augmentation: Augmentation
        package var gumbelTemperature: GumbelTemperature
        package var sharing: BatchSharing
        var recomputesActivations: Bool
    }

    /// The task of training `model` on `data` in the global batches of a schedule over it.
    package init(model: Wav2Vec2Pretraining, data: SpeechDataset, schedule: BatchSchedule, settings: Settings)
    {
        self.model = model
        self.data = data.weighed(by: model.configuration, training: model.trainable)
        self.settings = settings
        self.schedule = schedule
    }

    package var layout: ParameterLayout { model.layout }

    package var sharing: BatchSharing { settings.sharing }

    /// Reads the audio of a micro-batch; long utterances are cropped differently in every update.
    package func load(_ items: [Int], update: Int) throws -> SpeechMicroBatch {
        try data.loadPieces(items, seed: settings.seed, step: update)
    }

    /// Everything from the first update on, except a feature encoder that no gradient reaches.
    package var trainablePhases: [TrainablePhase] {
        [TrainablePhase(update: 0, offset: model.firstTrainableOffset)]
    }

    /// There is no head to train alone: pre-training never prunes.
    package var headOffset: Int { layout.count }

    package func accumulateGradients(
        _ batch: SpeechMicroBatch, update: Int, parameters: ParameterViews, arena: inout Arena,
        gradientsFinal: (Int) -> Void
    ) -> PretrainingTotals {
        let noise = Noise(
            seed: settings.seed, step: update, identities: batch.identities,
            regularization: settings.regularization)
        let sums = model.accumulateGradients(
            batch.batch(in: &arena), parameters: parameters, noise: noise,
            augmentation: settings.augmentation,
            gumbelTemperature: settings.gumbelTemperature.value(update: update),
            recomputing: settings.recomputesActivations, arena: &arena, gradientsFinal: gradientsFinal)
        return PretrainingTotals(sums, audioSeconds: batch.audioSeconds, objective: model.objective)
    }

    package var noSums: PretrainingTotals { PretrainingTotals(model.objective) }

    package func fields(_ report: StepReport<PretrainingTotals>) -> [(String, JSONValue)] {
        let temperature = settings.gumbelTemperature.value(update: report.update - 1)
        return report.sums.fields + [
            ("gumbel_temperature", .number(temperature)),
            ("audio_seconds_per_second", .number(report.sums.audioSeconds / max(1e-9, report.phases.total))),
        ]
    }

    package func summary(_ sums: PretrainingTotals) -> String { sums.summary }
}

/// The decay of the quantiser's temperature: from the first to the last, by a factor per update (fairseq's
/// `latent_temp`).
package struct GumbelTemperature: Sendable, Equatable {
    package let first: Double
    package let last: Double
    package let decay: Double

    /// The temperature of an update, counted from 0.
    package func value(update: Int) -> Double { max(last, first * pow(decay, Double(update))) }
}
