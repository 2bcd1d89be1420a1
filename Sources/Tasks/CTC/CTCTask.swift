package import Batching
package import JSON
internal import Kernels
package import Models
package import Recipe
internal import Speech
package import Tensors
internal import Text
package import Training

/// CTC fine-tuning of wav2vec 2.0 on transcribed speech (Graves et al., 2006; Baevski et al., 2020, section
/// 3.2).
package struct CTCTask: SpeechTask {
    package let model: Wav2Vec2
    package let data: SpeechDataset
    package let schedule: BatchSchedule
    package let settings: Settings

    /// The recipe's settings of the task.
    package struct Settings: Sendable {
        package var seed: UInt64
        package var regularization: Regularization
        package var augmentation: Augmentation
        package var freezeFeatureEncoder: Bool
        package var freezeEncoderUpdates: Int
        package var sharing: BatchSharing
        var recomputesActivations = false
        /// How recordings are augmented.
        var audioChange = AudioChange.none
        /// The factor of the head's learning rate.
        var headScale = 1.0
        package var blank: Int
        package var zeroInfinity: Bool
    }

    /// The task of training `model` on given global batches of `data`, in this order in every epoch.
    package init(model: Wav2Vec2, data: SpeechDataset, batches: [[Int]], settings: Settings) {
        self.init(model: model, data: data, schedule: BatchSchedule { _ in batches }, settings: settings)
    }

    /// The task of training `model` on the global batches of a schedule over `data`.
    package init(model: Wav2Vec2, data: SpeechDataset, schedule: BatchSchedule, settings: Settings) {
        self.model = model
        self.data = data.weighed(
            by: model.configuration,
            training: settings.freezeFeatureEncoder ? .exceptFeatureEncoder : .everything)
        self.schedule = schedule
        self.settings = settings
    }

    /// The model's parameters.
    package var layout: ParameterLayout { model.layout }

    package var sharing: BatchSharing { settings.sharing }

    /// Reads, augments and normalises the audio of a micro-batch.
    package func load(_ items: [Int], update: Int) throws -> SpeechMicroBatch {
        guard !settings.audioChange.isNone else { return try data.load(items) }
        return try data.load(items, update: update, changed: settings.audioChange) {
            speed(of: $0, update: update)
        }
    }

    /// The speed of an utterance in an update: unchanged if another would leave too few frames for its
    /// transcript.
    func speed(of item: Int, update: Int) -> Double {
        let speed = settings.audioChange.speed(identity: data.utterances[item].identity, update: update)
        let frames = model.configuration.frameCount(samples: Int(Double(data.sampleCount(item)) / speed))
        return frames >= ctcMinimumFrames(data.targets[item]) ? speed : 1
    }

    /// The number of samples of an utterance in an update.
    func sampleCount(_ item: Int, update: Int) -> Int {
        let samples = data.sampleCount(item)
        guard !settings.audioChange.isNone else { return samples }
        // A resampler may round up.
        return Int((Double(samples) / speed(of: item, update: update)).rounded(.up)) + 2
    }

    /// Only the head while the encoder is frozen, then everything that the recipe trains.
    package var trainablePhases: [TrainablePhase] {
        let trained: TrainableParameters =
            settings.freezeFeatureEncoder ? .exceptFeatureEncoder : .everything
        let freed = TrainablePhase(
            update: settings.freezeEncoderUpdates, offset: model.firstTrainableOffset(trained))
        guard settings.freezeEncoderUpdates > 0 else { return [freed] }
        return [TrainablePhase(update: 0, offset: headOffset), freed]
    }

    package var headOffset: Int { model.firstTrainableOffset(.headOnly) }

    /// All alike, or the head with its own learning rate.
    package var parameterGroups: [ParameterGroup] {
        guard settings.headScale != 1 else { return [ParameterGroup(range: 0..<layout.count)] }
        return [
            ParameterGroup(range: 0..<headOffset),
            ParameterGroup(range: headOffset..<layout.count, rateScale: settings.headScale),
        ]
    }

    /// Forward, CTC and backward of one micro-batch.
    package func accumulateGradients(
        _ batch: SpeechMicroBatch, update: Int, parameters: ParameterViews, arena: inout Arena,
        gradientsFinal: (Int) -> Void
    ) -> CTCSums {
        let noise = Noise(
            seed: settings.seed, step: update, identities: batch.identities,
            regularization: settings.regularization)
        let output = model.forward(
            batch.batch(in: &arena), parameters: parameters, noise: noise,
            augmentation: settings.augmentation, trainable: trainable(update: update),
            recomputing: settings.recomputesActivations, arena: &arena)
        let dLogits = arena.tensor(rows: output.logits.rows, columns: output.logits.columns)
        var losses = [Float](repeating: 0, count: batch.targets.count)
        ctcLoss(
            logits: output.logits, packing: output.packing, targets: batch.targets, blank: settings.blank,
            zeroInfinity: settings.zeroInfinity, scale: 1, arena: &arena, losses: &losses, dLogits: dLogits)
        model.backward(dLogits, output: output, arena: &arena, gradientsFinal: gradientsFinal)
        var sums = sums(losses, batch: batch, packing: output.packing)
        sums.operations = operations(of: batch, update: update)
        return sums
    }

    /// The parameters trained in an update.
    package func trainable(update: Int) -> TrainableParameters {
        if update < settings.freezeEncoderUpdates { return .headOnly }
        return settings.freezeFeatureEncoder ? .exceptFeatureEncoder : .everything
    }

    private func sums(_ losses: [Float], batch: SpeechMicroBatch, packing: PackedRows) -> CTCSums {
        var sums = CTCSums()
        sums.items = Double(losses.count)
        sums.audioSeconds = batch.audioSeconds
        sums.tokens = Double(batch.targets.reduce(0) { $0 + $1.count })
        for (index, loss) in losses.enumerated() {
            sums.loss += Double(loss)
            if !loss.isFinite { sums.notFinite += 1 }
            if packing.length(index) < ctcMinimumFrames(batch.targets[index]) { sums.infiniteLosses += 1 }
        }
        return sums
    }

    package var noSums: CTCSums { CTCSums() }

    package func fields(_ report: StepReport<CTCSums>) -> [(String, JSONValue)] {
        [
            ("utterances", .number(report.sums.items)), ("audio_seconds", .number(report.sums.audioSeconds)),
            ("infinite_losses", .number(report.sums.infiniteLosses)),
            ("flops", .number(report.sums.operations)),
            ("loss_per_token", .number(report.sums.tokens > 0 ? report.sums.loss / report.sums.tokens : 0)),
        ]
    }

    package func summary(_ sums: CTCSums) -> String {
        sums.infiniteLosses > 0
            ? "without \(Int(sums.infiniteLosses)) of \(Int(sums.items)) utterances, whose loss is infinite"
            : ""
    }
}

extension CTCTask {
    /// The task that a recipe describes.
    package init(recipe: Recipe, model: SpeechModel, data: SpeechDataset) {
        self.init(recipe: recipe, network: model.network, blank: model.vocabulary.blank, data: data)
    }

    /// The task that a recipe describes, for a network whose tokens need not be known.
    package init(recipe: Recipe, network: Wav2Vec2, blank: Int, data: SpeechDataset) {
        self.init(
            model: network, data: data, schedule: recipe.batchSchedule(of: data),
            settings: Settings(
                seed: UInt64(recipe.seed), regularization: recipe.regularization.settings,
                augmentation: recipe.augmentation.settings,
                freezeFeatureEncoder: recipe.model.freezeFeatureEncoder,
                freezeEncoderUpdates: recipe.model.freezeEncoderUpdates,
                sharing: recipe.batchSharing,
                recomputesActivations: recipe.model.recomputeActivations,
                audioChange: AudioChange(recipe), headScale: recipe.optimizer.headScale, blank: blank,
                zeroInfinity: recipe.loss.zeroInfinity))
    }
}

/// The sums of a batch of transcribed utterances; the items are the utterances.
package struct CTCSums: BatchSums, Equatable {
    /// The sum of the utterances' losses, in nats.
    package var loss = 0.0
    /// The utterances.
    package var items = 0.0
    /// Seconds of audio.
    package var audioSeconds = 0.0
    package var workload: Double { audioSeconds }
    /// Utterances whose target cannot be aligned to their frames, counted with loss zero.
    package var infiniteLosses = 0.0
    /// Utterances whose loss is NaN.
    package var notFinite = 0.0
    /// Floating-point operations, by the shapes of products and convolutions.
    package var operations = 0.0
    /// Tokens of the transcripts.
    package var tokens = 0.0

    /// The utterances that can be aligned.
    package var finiteItems: Double { items - infiniteLosses }

    /// The sums as numbers for an all-reduce.
    package var vector: [Double] {
        get { [loss, items, audioSeconds, infiniteLosses, notFinite, operations, tokens] }
        set {
            (loss, items, audioSeconds) = (newValue[0], newValue[1], newValue[2])
            (infiniteLosses, notFinite, operations) = (newValue[3], newValue[4], newValue[5])
            tokens = newValue[6]
        }
    }
}
