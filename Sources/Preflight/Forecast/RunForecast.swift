internal import Batching
internal import Collectives
package import Models
internal import Pruning
package import Recipe
internal import Speech
internal import Tasks
package import Tensors
internal import Training

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
    /// Whether a probe is to decide it when the run starts.
    package let leavesPrecisionOpen: Bool
    /// `distributed.threads_per_rank`.
    package let threads: Int
    /// Utterances and seconds of audio to train on.
    package let utterances: Int
    package let audioSeconds: Double
    /// Updates, those that were looked at one by one, and how often all of them pass over the data.
    package let updates: Int
    package let walkedUpdates: Int
    package let epochs: Double
    /// Seconds of audio of the longest utterance.
    package let longestSeconds: Double
    /// Operations of all updates and of all evaluations, by all ranks.
    package let operations: Double
    package let evaluationOperations: Double
    /// Operations of making features before the first update, by all ranks, where none are kept yet.
    package let featureOperations: Double
    /// The operations of each update's busiest rank, added up: what time follows from.
    package let busiestOperations: Double
    /// How evenly the ranks are busy.
    package let sharing: SharingForecast
    /// Bytes that a rank sends to other nodes in an update, and all ranks together.
    package let sentBytesPerRank: Int
    package let sentBytes: Int
    /// Bytes of one checkpoint, and how many are kept.
    package let checkpointBytes: Int
    package let checkpointsKept: Int
    /// Bytes that rank 0 writes in all: checkpoints, a best model and the final one.
    package let writtenBytes: Int
    /// Bytes of features that each node keeps; 0 if it keeps none.
    package let featureBytes: Int
    /// Bytes of memory of a rank.
    package let memory: MemoryForecast
    /// The recipe that was looked at.
    package let recipe: Recipe
    /// What was taken for granted, a sentence each.
    package let assumed: [String]
    /// How many masks are made between the first and the last.
    package let masksBetween: Int

    /// Looks ahead at a run on so many ranks, of which a node has `ranksPerNode`.
    package init(
        recipe: Recipe, ranks: Int, ranksPerNode: Int,
        assuming assumptions: PlanAssumptions = PlanAssumptions()
    ) throws {
        let inputs = try PlannedInputs(recipe, assuming: assumptions)
        self.recipe = recipe
        assumed = inputs.assumed
        masksBetween =
            recipe.pruning.makeMethod(updates: recipe.schedule.updates) {
                inputs.task.schedule.epochEnds(through: $0)
            }.masksAfter.count
        let layout = inputs.layout
        self.ranks = ranks
        self.ranksPerNode = min(ranks, ranksPerNode)
        modelPath = recipe.model.path
        configuration = inputs.configuration
        parameters = layout.parameterCount
        trained = layout.count - inputs.firstTrained
        prunable = PrunablePool(layout, includesBiases: recipe.pruning.includeBiases).count
        precision = recipe.precision.products
        leavesPrecisionOpen = recipe.precision.gemm == .automatic
        threads = recipe.distributed.threadsPerRank
        utterances = inputs.train.utterances.count
        audioSeconds = inputs.train.totalSeconds
        updates = recipe.schedule.updates
        longestSeconds = inputs.train.utterances.reduce(0) { max($0, $1.durationSeconds) }
        // Weights and two moments; the current mask and, of a run that prunes, the first.
        let masks = recipe.pruning.method == .dense ? 1 : 2
        let heldZeros = recipe.pruning.heldZeros(prunable: prunable)
        let state = 3 * parameters - 2 * heldZeros + recipe.pruning.scoresKept * prunable
        checkpointBytes = state * MemoryLayout<Float>.stride + masks * ((prunable + 7) / 8)
        checkpointsKept = recipe.checkpoint.keep
        let every = recipe.checkpoint.everyUpdates
        writtenBytes =
            (every > 0 ? updates / every : 0) * checkpointBytes + 2 * parameters * MemoryLayout<Float>.stride
        featureBytes = inputs.keepsFeatures ? inputs.featureBytes : 0
        let wire = recipe.distributed.wire == .bfloat16 ? 2 : 4
        let nodes = (ranks + self.ranksPerNode - 1) / self.ranksPerNode
        // Each lane of a node's ranks scatters its slice's pieces to the other nodes, and gets their sums.
        let travelling = trained - heldZeros
        sentBytesPerRank = 2 * (nodes - 1) * (travelling / self.ranksPerNode) / nodes * wire
        sentBytes = 2 * (nodes - 1) * travelling * wire
        let walk = UpdateWalk(inputs, ranks: ranks)
        walkedUpdates = walk.updates
        epochs = walk.epochs
        operations = walk.operations
        busiestOperations = walk.busiestOperations
        sharing = SharingForecast(inputs, walk: walk, ranks: ranks)
        let evaluations = Self.evaluations(recipe)
        evaluationOperations = Double(evaluations) * inputs.evaluationOperations
        featureOperations = inputs.featureOperations
        memory = MemoryForecast(inputs, walk: walk, ranksPerNode: self.ranksPerNode)
    }

    /// How often a run evaluates: at each interval, and at its end.
    private static func evaluations(_ recipe: Recipe) -> Int {
        let (every, updates) = (recipe.evaluation.everyUpdates, recipe.schedule.updates)
        return every > 0 ? (updates + every - 1) / every : 1
    }
}

extension Recipe.Pruning {
    /// The weights of the pool that a method holds at zero from the first update on: their gradients do not travel, and
    /// they have no moments.
    func heldZeros(prunable: Int) -> Int {
        axes.holdFrom == 0 ? prunedCount(sparsity: sparsity, poolSize: prunable) : 0
    }
}
