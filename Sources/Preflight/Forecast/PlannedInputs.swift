internal import Checkpoints
internal import Models
internal import Program
internal import Pruning
internal import Recipe
internal import Speech
internal import Tasks
internal import Tensors
internal import Text
internal import Training

/// A recipe with its model and manifests as in training, but without audio.
struct PlannedInputs {
    let recipe: Recipe
    let layout: ParameterLayout
    let train: SpeechDataset
    let valid: SpeechDataset
    let task: any PlannedSpeechTask
    /// The same task on the validation utterances.
    let validation: any PlannedSpeechTask
    /// Whether nodes cache the features of a frozen encoder.
    let keepsFeatures: Bool
    /// Whether there are weights to start from.
    let readsWeights: Bool
    /// What was assumed, one sentence each.
    let assumed: [String]
    /// What searches for texts in evaluations take.
    var search = SearchMemory()

    init(_ recipe: Recipe, assuming assumptions: PlanAssumptions = PlanAssumptions()) throws {
        try requirePaths(recipe)
        switch recipe.task {
        case .ctc where assumptions.areNeeded(by: recipe):
            try self.init(assumed: try AssumedInputs(recipe, assumptions), recipe)
        case .ctc: try self.init(fineTuning: recipe)
        case .pretrain: try self.init(preTraining: recipe)
        case .classify, .regress:
            preconditionFailure("the inputs of task \(recipe.task.rawValue) belong to TextForecast")
        }
        let longest = valid.utterances.indices.map(valid.sampleCount).max() ?? 0
        search = try SearchMemory(recipe.decoding, frames: configuration.frameCount(samples: longest))
    }

    private init(fineTuning recipe: Recipe) throws {
        let model = try SpeechModel.toFineTune(recipe)
        keepsFeatures = recipe.data.cacheFeatures && recipe.model.freezeFeatureEncoder
        var sets = try [recipe.data.train, recipe.data.valid].map { path in
            let utterances = try Manifest(path: path, labels: recipe.data.labels).utterances
            // A text that cannot be encoded stops the run, or is left out.
            let text = recipe.data.text
            let targets = utterances.map {
                (try? model.vocabulary.encode(text.apply($0.text), unknown: text.unknown)) ?? []
            }
            return try SpeechDataset(
                planned: utterances, targets: targets, path: path, preprocessor: model.source.preprocessor)
        }
        if keepsFeatures {
            for index in Self.keptSets(recipe) { sets[index].cache = .planned(of: model.network) }
        }
        (train, valid) = (sets[0], sets[1])
        task = CTCTask(recipe: recipe, model: model, data: train)
        validation = CTCTask(recipe: recipe, model: model, data: valid)
        layout = model.network.layout
        readsWeights = true
        assumed = []
        self.recipe = recipe
    }

    private init(assumed inputs: AssumedInputs, _ recipe: Recipe) throws {
        keepsFeatures = recipe.data.cacheFeatures && recipe.model.freezeFeatureEncoder
        var sets = [inputs.train, inputs.valid]
        if keepsFeatures {
            for index in Self.keptSets(recipe) { sets[index].cache = .planned(of: inputs.network) }
        }
        (train, valid) = (sets[0], sets[1])
        task = CTCTask(recipe: recipe, network: inputs.network, blank: 0, data: train)
        validation = CTCTask(recipe: recipe, network: inputs.network, blank: 0, data: valid)
        layout = inputs.network.layout
        readsWeights = true
        assumed = inputs.sentences
        self.recipe = recipe
    }

    private init(preTraining recipe: Recipe) throws {
        let model = try PretrainingModel(path: recipe.model.path, settings: recipe.pretraining)
        let used = recipe.data.minimumSeconds...recipe.data.maximumSeconds
        let sets = try [recipe.data.train, recipe.data.valid].map { path in
            let utterances = try Manifest(path: path, labels: nil).utterances.filter {
                $0.durationSeconds >= used.lowerBound
            }
            return try SpeechDataset(
                planned: utterances.map { utterance in
                    var utterance = utterance
                    utterance.durationSeconds = min(utterance.durationSeconds, used.upperBound)
                    return utterance
                }, targets: utterances.map { _ in [] }, path: path, preprocessor: model.preprocessor)
        }
        (train, valid) = (sets[0], sets[1])
        func task(_ data: SpeechDataset) -> PretrainingTask {
            PretrainingProblem(recipe: recipe, model: model, train: data, valid: data).makeTask()
        }
        self.task = task(train)
        validation = task(valid)
        layout = model.network.layout
        keepsFeatures = false
        readsWeights = model.weights != nil
        assumed = []
        self.recipe = recipe
    }

    /// The sets, training (0) and validation (1), whose features can be cached: not those that are augmented.
    private static func keptSets(_ recipe: Recipe) -> [Int] {
        recipe.augmentation.changesAudio ? [1] : [0, 1]
    }

    var configuration: Wav2Vec2Configuration { task.configuration }

    /// The channels of the feature encoder's output.
    var featureChannels: Int {
        configuration.convolutionChannels[configuration.convolutionChannels.count - 1]
    }

    /// The first element of the flat store that is ever trained.
    var firstTrained: Int { task.trainablePhases.map(\.offset).min() ?? layout.count }

    /// The layers that may multiply only kept weights; a run decides which ones do when its mask is held.
    var sparseSlots: [ParameterSlot] {
        guard recipe.precision.products == .float32, recipe.pruning.axes.holdFrom < 1 else { return [] }
        return layout.prunableSlots.filter { $0.shape.rank == 2 }
    }

    /// The samples of every utterance of the sets with cached features.
    var sampleCounts: [Int] {
        Self.keptSets(recipe).map { [train, valid][$0] }.flatMap { data in
            data.utterances.indices.map(data.sampleCount)
        }
    }

    /// Bytes of the features of both sets.
    var featureBytes: Int {
        sampleCounts.reduce(0) { total, samples in
            total + configuration.frameCount(samples: samples) * featureChannels * MemoryLayout<Float>.stride
        }
    }

    /// Operations of computing the features of both sets; 0 if none are cached.
    var featureOperations: Double {
        guard keepsFeatures else { return 0 }
        return sampleCounts.reduce(0) { $0 + configuration.operations(samples: $1).featureEncoder }
    }

    /// Operations of passing over the validation set once.
    var evaluationOperations: Double {
        valid.utterances.indices.reduce(0) { total, item in
            let operations = configuration.operations(samples: valid.sampleCount(item))
            return total + operations.forward + (keepsFeatures ? 0 : operations.featureEncoder)
        }
    }
}

extension FeatureCache {
    /// A cache whose features are only counted.
    fileprivate static func planned(of network: Wav2Vec2) -> FeatureCache {
        FeatureCache(root: "", encoder: 0, audioHashes: [], channels: network.featureChannels)
    }
}

extension SpeechDataset {
    /// The utterances of a manifest, with the durations that it states.
    init(
        planned utterances: [Utterance], targets: [[Int]], path: String, preprocessor: PreprocessorConfig
    ) throws {
        guard !utterances.isEmpty else {
            throw UserError(.data, "\(path): none of its utterances is long enough to be used")
        }
        self.init(
            utterances: utterances, heldSeconds: utterances.map(\.durationSeconds),
            references: utterances.map(\.text), targets: targets, audioHashes: [],
            sampleRate: preprocessor.samplingRate, normalizesWaveform: preprocessor.normalizes)
    }
}
