internal import Batching
internal import Kernels
internal import Models
internal import Recipe
internal import Session
internal import Tasks
internal import Tensors
internal import Training

/// Walks through a run's updates, dividing each among ranks as the run will.
///
/// In a very long run, the first few thousand represent all.
struct UpdateWalk {
    /// The number of updates examined.
    private(set) var updates = 0
    /// Utterances of all ranks' micro-batches.
    private(set) var utterances = 0
    /// Operations of all ranks.
    private(set) var operations = 0.0
    /// Operations of each update's busiest rank.
    private(set) var busiestOperations = 0.0
    /// Seconds of audio of each rank.
    private(set) var rankSeconds: [Double]
    /// Passes over the data.
    private(set) var epochs = 0.0
    /// The bytes of activations of the largest micro-batch of all ranks.
    private(set) var activationBytes = 0
    /// The bytes of audio or features of the largest micro-batch.
    private(set) var inputBytes = 0
    /// The products that the library compiles for rank 0's micro-batches.
    let products = ProductLedger()

    init(_ inputs: PlannedInputs, ranks: Int) {
        let (task, data, configuration) = (inputs.task, inputs.task.data, inputs.configuration)
        rankSeconds = [Double](repeating: 0, count: ranks)
        let precision = inputs.recipe.precision.products
        let samples = data.utterances.indices.map(data.sampleCount)
        let costs = samples.map(configuration.operations)
        let sparseSlots = Set(inputs.sparseSlots.map(\.index))
        var largest = LargestPass(arenaBytes: task.arenaBytes)
        var noted: Set<PlannedPass> = []
        let all = inputs.recipe.schedule.updates
        var walk = task.schedule.walk(from: 0)
        while updates < all, utterances < plannedUtterances {
            let update = updates
            let shares = task.sharing.microBatches(
                of: walk.nextBatch().items, items: data.items, rankCount: ranks)
            var busiest = 0.0
            for (rank, share) in shares.enumerated() where !share.isEmpty {
                var own = 0.0
                for items in share {
                    let pass = task.plannedPass(items, update: update, precision: precision)
                    var sparse = pass
                    sparse.sparseSlots = sparseSlots
                    largest.consider(sparse)
                    own += items.reduce(0) {
                        $0
                            + costs[$1].inPass(
                                training: pass.trainable, hasFeatures: pass.hasFeatures,
                                recomputing: pass.recomputing)
                    }
                    if rank == 0, !products.isFull, noted.insert(pass).inserted {
                        products.noting { _ = task.arenaBytes(pass) }
                    }
                    inputBytes = max(
                        inputBytes,
                        Self.inputBytes(pass, channels: inputs.featureChannels, configuration))
                }
                rankSeconds[rank] += share.joined().reduce(0) { $0 + data.items[$1].cost }
                operations += own
                busiest = max(busiest, own)
                utterances += share.joined().count
            }
            busiestOperations += busiest
            updates += 1
        }
        activationBytes = largest.bytes
        // What was not examined is assumed to be like the rest.
        let scale = Double(all) / Double(max(1, updates))
        operations *= scale
        busiestOperations *= scale
        epochs = scale * Double(utterances) / Double(data.utterances.count)
    }

    private static func inputBytes(
        _ pass: PlannedPass, channels: Int, _ configuration: Wav2Vec2Configuration
    ) -> Int {
        pass.utterances.reduce(0) { total, utterance in
            let numbers =
                pass.hasFeatures
                ? configuration.frameCount(samples: utterance.samples) * channels : utterance.samples
            return total + numbers * MemoryLayout<Float>.stride
        }
    }
}
