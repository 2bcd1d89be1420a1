internal import Checkpoints
internal import Foundation
internal import Models
internal import Speech
internal import Tensors

/// Self-supervised pre-training of wav2vec 2.0 (Baevski et al., 2020, section 3): telling the quantised frame
/// behind a mask from others of its utterance.
struct PretrainingTask: SpeechTask {
    let model: Wav2Vec2Pretraining
    let data: SpeechDataset
    let schedule: BatchSchedule
    let settings: Settings

    /// What the recipe says of the task.
    struct Settings: Sendable {
        var seed: UInt64
        var regularization: Regularization
        var augmentation: Augmentation
        var gumbelTemperature: GumbelTemperature
        var sharing: BatchSharing
        var recomputesActivations: Bool
    }

    /// The task of training `model` on `data` in the global batches of a schedule over it.
    init(model: Wav2Vec2Pretraining, data: SpeechDataset, schedule: BatchSchedule, settings: Settings) {
        self.model = model
        self.data = data
        self.settings = settings
        self.schedule = schedule
    }

    var layout: ParameterLayout { model.layout }

    var sharing: BatchSharing { settings.sharing }

    /// Reads the audio of a micro-batch, another piece of long utterances in every update.
    func load(_ items: [Int], update: Int) throws -> SpeechMicroBatch {
        try data.loadPieces(items, seed: settings.seed, step: update)
    }

    /// Everything from the first update on, or all but a feature encoder that no gradient reaches.
    var trainablePhases: [TrainablePhase] { [TrainablePhase(update: 0, offset: model.firstTrainableOffset)] }

    /// There is none: pre-training never prunes.
    var headOffset: Int { layout.count }

    func accumulateGradients(
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

    var noSums: PretrainingTotals { PretrainingTotals(model.objective) }

    func fields(_ report: StepReport<PretrainingTotals>) -> [(String, JSONValue)] {
        let temperature = settings.gumbelTemperature.value(update: report.update - 1)
        return report.sums.fields + [
            ("gumbel_temperature", .number(temperature)),
            ("audio_seconds_per_second", .number(report.sums.audioSeconds / max(1e-9, report.phases.total))),
        ]
    }

    func summary(_ sums: PretrainingTotals) -> String { sums.summary }
}

/// How the quantiser's temperature falls: from the first to the last, by a factor an update (fairseq's
/// `latent_temp`).
struct GumbelTemperature: Sendable, Equatable {
    let first: Double
    let last: Double
    let decay: Double

    /// The temperature of an update, counted from 0.
    func value(update: Int) -> Double { max(last, first * pow(decay, Double(update))) }
}
