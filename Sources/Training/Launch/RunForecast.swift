internal import Checkpoints
internal import Collectives
internal import Foundation
package import Models
internal import Pruning
internal import Speech
package import Tensors
internal import Text

/// What a run will do and take, from its recipe, its model's shape and its manifests: no audio is read.
package struct RunForecast: Sendable {
    /// Ranks, and those of a node.
    package let ranks: Int
    package let ranksPerNode: Int
    /// The model's path and shape.
    package let modelPath: String
    package let configuration: Wav2Vec2Configuration
    /// All weights, those that are trained, and those that can be pruned.
    package let parameters: Int
    package let trained: Int
    package let prunable: Int
    /// What products multiply.
    package let precision: GEMMPrecision
    /// `distributed.threads_per_rank`.
    package let threads: Int
    /// Utterances and seconds of audio to train on.
    package let utterances: Int
    package let audioSeconds: Double
    /// Updates, and how often they pass over the data.
    package let updates: Int
    package let epochs: Double
    /// Seconds of audio of the longest utterance.
    package let longestSeconds: Double
    /// Operations of all updates and of all evaluations, by all ranks.
    package let operations: Double
    package let evaluationOperations: Double
    /// The operations of each update's busiest rank, added up: what time follows from.
    package let busiestOperations: Double
    /// Bytes that a rank sends to other nodes in an update, and all ranks together.
    package let sentBytesPerRank: Int
    package let sentBytes: Int
    /// Bytes of one checkpoint, and how many are kept.
    package let checkpointBytes: Int
    package let checkpointsKept: Int
    /// Bytes of features that each node keeps; 0 if it keeps none.
    package let featureBytes: Int
    /// Bytes of memory of a rank.
    package let memory: MemoryForecast

    /// Looks ahead at a run on so many ranks, of which a node has `ranksPerNode`.
    package init(recipe path: String, overrides: [String], ranks: Int, ranksPerNode: Int) throws {
        let recipe = try Recipe(path: path, overrides: overrides)
        let inputs = try PlannedInputs(recipe)
        let layout = inputs.model.network.layout
        self.ranks = ranks
        self.ranksPerNode = min(ranks, ranksPerNode)
        modelPath = recipe.model.path
        configuration = inputs.model.network.configuration
        parameters = layout.parameterCount
        let phases = inputs.task.trainablePhases
        trained = layout.count - (phases.last?.offset ?? layout.count)
        prunable = PrunablePool(layout, includesBiases: recipe.pruning.includeBiases).count
        precision = recipe.precision.gemm
        threads = recipe.distributed.threadsPerRank
        utterances = inputs.train.utterances.count
        audioSeconds = inputs.train.totalSeconds
        updates = recipe.schedule.updates
        longestSeconds = inputs.train.utterances.reduce(0) { max($0, $1.durationSeconds) }
        checkpointBytes = 3 * layout.count * MemoryLayout<Float>.stride + 2 * prunable / 8
        checkpointsKept = recipe.checkpoint.keep
        featureBytes = inputs.keepsFeatures ? inputs.featureBytes : 0
        let wire = recipe.distributed.wire == .bfloat16 ? 2 : 4
        let nodes = (ranks + self.ranksPerNode - 1) / self.ranksPerNode
        // Each lane of a node's ranks scatters its slice's pieces to the other nodes, and gets their sums.
        sentBytesPerRank = 2 * (nodes - 1) * (trained / self.ranksPerNode) / nodes * wire
        sentBytes = 2 * (nodes - 1) * trained * wire
        let walk = UpdateWalk(inputs, ranks: ranks)
        epochs = walk.epochs
        operations = walk.operations
        busiestOperations = walk.busiestOperations
        let evaluations = Self.evaluations(recipe)
        evaluationOperations = Double(evaluations) * inputs.evaluationOperations
        memory = MemoryForecast(inputs, walk: walk, ranksPerNode: self.ranksPerNode)
    }

    /// How often a run evaluates: at each interval, and at its end.
    private static func evaluations(_ recipe: Recipe) -> Int {
        let (every, updates) = (recipe.evaluation.everyUpdates, recipe.schedule.updates)
        return every > 0 ? (updates + every - 1) / every : 1
    }
}

/// A recipe with its model and manifests, as training sees them, but without their audio.
struct PlannedInputs {
    let recipe: Recipe
    let model: SpeechModel
    let train: SpeechDataset
    let valid: SpeechDataset
    let task: CTCTask
    /// Whether nodes keep the features of a frozen encoder.
    let keepsFeatures: Bool

    init(_ recipe: Recipe) throws {
        try requirePaths(recipe)
        self.recipe = recipe
        model = try SpeechModel.toFineTune(
            path: recipe.model.path, vocabulary: recipe.model.vocabulary,
            training: SpeechModel.Transcripts(
                manifest: recipe.data.train, labels: recipe.data.labels, textCase: recipe.data.textCase))
        keepsFeatures = recipe.data.cacheFeatures && recipe.model.freezeFeatureEncoder
        var train = try Self.dataset(recipe.data.train, recipe, model)
        var valid = try Self.dataset(recipe.data.valid, recipe, model)
        if keepsFeatures {
            let cache = FeatureCache(
                root: "", encoder: 0, audioHashes: [], channels: model.network.featureChannels)
            train.cache = cache
            valid.cache = cache
        }
        self.train = train
        self.valid = valid
        task = CTCTask(recipe: recipe, model: model, data: train)
    }

    private static func dataset(_ path: String, _ recipe: Recipe, _ model: SpeechModel) throws
        -> SpeechDataset
    {
        let utterances = try Manifest(path: path, labels: recipe.data.labels).utterances
        let texts = utterances.map { recipe.data.textCase.apply($0.text) }
        return SpeechDataset(
            utterances: utterances, heldSeconds: utterances.map(\.durationSeconds), references: texts,
            // A text that cannot be encoded stops the run, or is left out of it.
            targets: texts.map { (try? model.vocabulary.encode($0)) ?? [] },
            audioHashes: [], sampleRate: model.sampleRate,
            normalizesWaveform: model.source.preprocessor.normalizes)
    }

    /// Samples of an utterance.
    func samples(_ utterance: Utterance) -> Int {
        Int((utterance.durationSeconds * Double(model.sampleRate)).rounded())
    }

    /// Bytes of the features of both sets.
    var featureBytes: Int {
        (train.utterances + valid.utterances).reduce(0) { total, utterance in
            let frames = model.network.configuration.frameCount(samples: samples(utterance))
            return total + frames * model.network.featureChannels * MemoryLayout<Float>.stride
        }
    }

    /// Operations of recognising the validation set once.
    var evaluationOperations: Double {
        valid.utterances.reduce(0) { total, utterance in
            let operations = model.network.configuration.operations(samples: samples(utterance))
            return total + operations.forward + (keepsFeatures ? 0 : operations.featureEncoder)
        }
    }
}
