internal import Batching
internal import Collectives
package import Models
internal import Pruning
package import Recipe
internal import Speech
internal import Tasks
package import Tensors
internal import Training

/// What a run will do and cost, from its recipe, its model's shape and its manifests, without reading audio.
package struct RunForecast: Sendable {
    /// Ranks, and ranks per node.
    package let ranks: Int
    package let ranksPerNode: Int
    /// The model's path and shape.
    package let modelPath: String
    package let configuration: Wav2Vec2Configuration
    /// All weights, trained weights, and prunable weights.
    package let parameters: Int
    package let trained: Int
    package let prunable: Int
    /// The precision of products.
    package let precision: GEMMPrecision
    /// Whether a probe decides it when the run starts.
    package let leavesPrecisionOpen: Bool
    /// `distributed.threads_per_rank`.
    package let threads: Int
    /// Utterances and seconds of audio to train on.
    package let utterances: Int
    package let audioSeconds: Double
    /// Updates, those examined one by one, and the number of epochs in all of them.
    package let updates: Int
    package let walkedUpdates: Int
    package let epochs: Double
    /// Seconds of audio of the longest utterance.
    package let longestSeconds: Double
    /// Operations of all updates and of all evaluations, over all ranks.
    package let operations: Double
    package let evaluationOperations: Double
    /// Operations of computing features before the first update, over all ranks, if none are cached yet.
    package let featureOperations: Double
    /// The operations of each update's busiest rank, summed: they determine the time.
    package let busiestOperations: Double
    /// How evenly the ranks are loaded.
    package let sharing: SharingForecast
    /// Bytes sent to other nodes per update, by one rank and by all ranks.
    package let sentBytesPerRank: Int
    package let sentBytes: Int
    /// Bytes of one checkpoint, and how many are kept.
    package let checkpointBytes: Int
    package let checkpointsKept: Int
    /// Total bytes written by rank 0: checkpoints, a best model and the final one.
    package let writtenBytes: Int
    /// Bytes of features cached on each node; 0 for none.
    package let featureBytes: Int
    /// Memory per rank.
    package let memory: MemoryForecast
    /// The recipe.
    package let recipe: Recipe
    /// What was assumed, one sentence each.
    package let assumed: [String]
    /// The number of masks between the first and the last.
    package let masksBetween: Int

    /// Forecasts a run on a number of ranks, `ranksPerNode` per node.
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
        // Weights and two moments; the current mask and, in a run that prunes, the first.
        let masks = recipe.pruning.method == .dense ? 1 : 2
        let heldZeros = recipe.pruning.heldZeros(prunable: prunable)
        let state = 3 * parameters - 2 * heldZeros + recipe.pruning.scoresKept * prunable
        checkpointBytes = state * MemoryLayout<Float>.stride + masks * ((prunable + 7) / 8)
        checkpointsKept = recipe.checkpoint.keep
        let every = recipe.checkpoint.everyUpdates
        writtenBytes =
            (every > 0 ? updates / every : 0) * checkpointBytes + 2 * parameters * MemoryLayout<Float>.stride
        featureBytes = inputs.featureBytes
        let wire = recipe.distributed.wire == .bfloat16 ? 2 : 4
        let nodes = (ranks + self.ranksPerNode - 1) / self.ranksPerNode
        // Each lane of a node's ranks scatters its slice's pieces to the other nodes, and receives their
        // sums.
        let travelling = trained - heldZeros
        sentBytesPerRank = 2 * (nodes - 1) * (travelling / self.ranksPerNode) / nodes * wire
        sentBytes = 2 * (nodes - 1) * travelling * wire
        let walk = UpdateWalk(inputs, ranks: ranks)
        walkedUpdates = walk.updates
        epochs = walk.epochs
        operations = walk.operations
        busiestOperations = walk.busiestOperations
        sharing = SharingForecast(inputs, walk: walk, ranks: ranks)
        evaluationOperations = Double(recipe.evaluationCount) * inputs.evaluationOperations
        featureOperations = inputs.featureOperations
        memory = MemoryForecast(inputs, walk: walk, ranksPerNode: self.ranksPerNode)
    }
}

extension Recipe {
    /// The number of evaluations of a run: at each interval, and at its end.
    var evaluationCount: Int {
        let (every, updates) = (evaluation.everyUpdates, schedule.updates)
        return every > 0 ? (updates + every - 1) / every : 1
    }
}

extension Recipe.Pruning {
    /// The pool's weights that a method holds at zero from the first update on: their gradients are not sent, and they have
    /// no moments.
    func heldZeros(prunable: Int) -> Int {
        axes.holdFrom == 0 ? prunedCount(sparsity: sparsity, poolSize: prunable) : 0
    }
}
