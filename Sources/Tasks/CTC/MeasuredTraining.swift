internal import Batching
internal import Collectives
internal import Foundation
internal import Kernels
package import Models
internal import Pruning
internal import Recipe
package import Session
internal import Speech
package import Tensors
package import Training

/// A mask under which updates are measured.
package struct MeasuredMask: Sendable {
    /// The share of weights that it prunes.
    package let sparsity: Double
    /// Whether it would still move, as parp-m's in the larger part of a run: updates need all gradients, and the values
    /// that it hides.
    package let moves: Bool

    /// A mask.
    package init(sparsity: Double, moves: Bool) {
        self.sparsity = sparsity
        self.moves = moves
    }

    /// A method that has selected such a mask, and selects no further one.
    var method: PruningMethod {
        var axes = PruningAxes()
        axes.forward = moves ? .masked : .held
        axes.holdFrom = moves ? 1 : 0
        return PruningMethod(
            name: "measured", sparsity: sparsity, axes: axes, masksAfter: [], updates: .max >> 1)
    }
}

/// A run's updates on given batches and random weights, for benchmarks: with the same trainer, prefetch
/// thread, reducer and feature cache.
package struct MeasuredTraining: ~Copyable {
    private var trainer: Trainer<CTCTask>

    /// A recording that a benchmark trains on.
    package struct Recording: Sendable {
        package let path: String
        package let samples: Int
        package let target: [Int]

        /// A recording with this many samples, and its target.
        package init(path: String, samples: Int, target: [Int]) {
            self.path = path
            self.samples = samples
            self.target = target
        }
    }

    /// A benchmark's settings.
    package struct Settings: Sendable {
        /// What products multiply.
        package var precision = GEMMPrecision.float32
        /// A folder for features; nil computes them in every update.
        package var cacheFolder: String?
        /// Whether the feature encoder is trained too.
        package var trainsFeatureEncoder = false
        /// The probability of every dropout.
        package var dropout = 0.1
        /// Seconds of audio that a rank holds at once.
        package var rankSeconds = 1e9
        /// The mask; nil for none.
        package var mask: MeasuredMask?
        /// Whether layers may multiply only the weights that such a mask keeps.
        package var multipliesSparsely = true
        /// Megabytes of gradients per message; 0 lets a probe choose.
        package var bucketMegabytes = 25.0

        /// The defaults.
        package init() {}
    }

    /// A training of `network` on batches of recordings, given as indices into the list, for a number of
    /// updates.
    package init(
        network: Wav2Vec2, recordings: [Recording], batches: [[Int]], settings: Settings, updates: Int,
        session: Session
    ) throws {
        let store = ParameterStore(
            layout: network.layout,
            gradients: try session.communicator.makeBuffer(count: network.layout.count),
            precision: settings.precision)
        network.layout.initialize(store.values.all, seed: 1)
        refreshShadow(of: store)
        var data = Self.dataset(recordings, network: network)
        if let folder = settings.cacheFolder {
            data.cache = FeatureCache(
                root: folder, encoder: 0, audioHashes: data.audioHashes, channels: network.featureChannels)
            var arena = Arena()
            try FeatureCacheFiller(network: network, parameters: store.views, session: session)
                .fill(data, name: nil, arena: &arena)
        }
        var recipe = Recipe()
        recipe.regularization.setAll(settings.dropout)
        recipe.distributed.bucketMegabytes = settings.bucketMegabytes
        let plan = try recipe.distributed.planReduction(
            of: store.gradients.all, communicator: session.communicator)
        var task = CTCTask.Settings(
            seed: 1, regularization: recipe.regularization.settings,
            augmentation: recipe.augmentation.settings, freezeFeatureEncoder: !settings.trainsFeatureEncoder,
            freezeEncoderUpdates: 0, sharing: BatchSharing(rankCost: settings.rankSeconds),
            blank: network.configuration.padTokenId, zeroInfinity: true)
        task.regularization.layerDrop = 0
        let method = settings.mask?.method ?? .dense
        var trainer = Trainer(
            task: CTCTask(model: network, data: data, batches: batches, settings: task), store: store,
            communicator: session.communicator, optimizer: recipe.optimizerSettings,
            distributed: recipe.distributed.following(plan), startingAt: 0, of: updates,
            pruning: PruningState(
                method: method, pool: PrunablePool(network.layout), elementCount: network.layout.count))
        if method.sparsity > 0 { try Self.prune(&trainer, settings, session: session) }
        self.trainer = trainer
    }

    private static func prune(
        _ trainer: inout Trainer<CTCTask>, _ settings: Settings, session: Session
    ) throws {
        let (method, pool) = (trainer.pruning.method, trainer.pruning.pool)
        let mask = try magnitudeMask(
            values: trainer.store.values.all, pool: pool, sparsity: method.sparsity, scope: .global
        ).mask
        trainer.prune(by: mask)
        guard settings.multipliesSparsely && trainer.store.precision == .float32 else { return }
        var choice = SparseChoice.measured()
        trainer.multiply(
            try .forTraining(
                trainer.store, mask: mask, pool: pool,
                gradients: trainer.neededGradients, choice: &choice,
                session: session))
    }

    /// The number of layers that multiply only kept weights.
    package var sparseLayerCount: Int { trainer.sparse.layers.count }

    private static func dataset(_ recordings: [Recording], network: Wav2Vec2) -> SpeechDataset {
        SpeechDataset(
            utterances: recordings.map {
                Utterance(
                    id: $0.path, audioPath: $0.path, durationSeconds: Double($0.samples) / 16000, text: "",
                    origin: $0.path)
            },
            heldSeconds: recordings.map { Double($0.samples) / 16000 },
            references: recordings.map { _ in "" }, targets: recordings.map(\.target),
            audioHashes: recordings.indices.map { UInt64($0) }, sampleRate: 16000, normalizesWaveform: true)
    }

    /// Does one update and reports where its time went.
    package mutating func step() throws -> StepReport<CTCSums> { try trainer.step() }
}

extension Recipe.Regularization {
    /// Sets all dropout rates except layer drop.
    mutating func setAll(_ rate: Double) {
        (featureDropout, hiddenDropout, attentionDropout) = (rate, rate, rate)
        (activationDropout, finalDropout) = (rate, rate)
    }
}
