internal import Batching
internal import Models
internal import Program
internal import Pruning
internal import Recipe
internal import Speech
internal import Tasks
internal import Tensors
internal import Training

/// A recipe of a task on speech with its model and manifests as in training, but without audio.
struct PlannedInputs {
    let recipe: Recipe
    let task: any PlannedSpeechTask
    /// The same task on the validation utterances.
    let validation: any PlannedSpeechTask
    /// Whether there are weights to start from.
    let readsWeights: Bool
    /// What was assumed, one sentence each.
    let assumed: [String]
    /// What searches for texts in evaluations take.
    var search = SearchMemory()

    init(_ recipe: Recipe, assuming assumptions: PlanAssumptions = PlanAssumptions()) throws {
        try requirePaths(recipe)
        guard let kind = recipe.task.plannedSpeechTask else {
            throw UserError(.usage, "a recipe of task \(recipe.task.rawValue) trains on no speech")
        }
        let planned: PlannedSpeech
        if recipe.task == .ctc, assumptions.areNeeded(by: recipe) {
            let inputs = try AssumedInputs(recipe, assumptions)
            planned = CTCTask.planned(
                recipe, network: inputs.network, blank: 0, train: inputs.train, valid: inputs.valid)
            assumed = inputs.sentences
        } else {
            planned = try kind.planned(recipe)
            assumed = []
        }
        self.recipe = recipe
        (task, validation, readsWeights) = (planned.train, planned.valid, planned.readsWeights)
        let longest = valid.utterances.indices.map(valid.sampleCount).max() ?? 0
        search = try SearchMemory(recipe.decoding, frames: configuration.frameCount(samples: longest))
    }

    var layout: ParameterLayout { task.layout }
    var train: SpeechDataset { task.data }
    var valid: SpeechDataset { validation.data }

    /// Whether nodes keep the features of a frozen encoder, if only of the validation utterances.
    var keepsFeatures: Bool { valid.cache != nil }

    var configuration: Wav2Vec2Configuration { task.configuration }

    /// The channels of the feature encoder's output.
    var featureChannels: Int {
        configuration.convolutionChannels[configuration.convolutionChannels.count - 1]
    }

    /// The first element of the flat store that is ever trained.
    var firstTrained: Int { task.trainablePhases.map(\.offset).min() ?? layout.count }

    /// The layers that may multiply kept weights alone.
    var sparseSlots: [ParameterSlot] { recipe.sparseSlots(of: layout) }

    /// The samples of every utterance of the sets whose features are kept.
    var sampleCounts: [Int] {
        [train, valid].filter { $0.cache != nil }.flatMap { data in
            data.utterances.indices.map(data.sampleCount)
        }
    }

    /// Bytes of the features of both sets; 0 if none are kept.
    var featureBytes: Int {
        sampleCounts.reduce(0) { total, samples in
            total + configuration.frameCount(samples: samples) * featureChannels * MemoryLayout<Float>.stride
        }
    }

    /// Operations of making the features of both sets; 0 if none are kept.
    var featureOperations: Double {
        sampleCounts.reduce(0) { $0 + configuration.operations(samples: $1).featureEncoder }
    }

    /// Operations of passing over the validation set once.
    var evaluationOperations: Double {
        valid.utterances.indices.reduce(0) { total, item in
            let operations = configuration.operations(samples: valid.sampleCount(item))
            return total + operations.forward + (keepsFeatures ? 0 : operations.featureEncoder)
        }
    }
}

extension Recipe {
    /// The layers of a model that may multiply kept weights alone; which of them do, a run finds out with each mask.
    func sparseSlots(of layout: ParameterLayout) -> [ParameterSlot] {
        let axes = pruning.axes
        guard pruning.method != .dense, precision.products == .float32,
            axes.holdFrom < 1 || axes.forward != .dense
        else { return [] }
        return layout.prunableSlots.filter { $0.shape.rank == 2 }
    }
}
