internal import Batching
internal import Kernels
internal import Models
internal import Pruning
internal import Recipe
internal import Speech
internal import Tasks
internal import Tensors
internal import Training

/// The memory of rank 0, which holds most, by what it holds; pages that ranks share count in each that touches them.
package struct MemoryForecast: Sendable {
    /// One part.
    package struct Part: Sendable {
        /// What it is.
        package let name: String
        /// Its bytes.
        package let bytes: Int
    }

    /// What is held while updates are done and evaluated.
    package let parts: [Part]
    /// The most that is held at once: in updates, or, of large models and short batches, in loading or when features
    /// are made.
    package let peakBytes: Int

    /// The program with its libraries and MPI, and what they keep of the heap, before it holds anything.
    private static let programBytes = 54 << 20

    init(_ inputs: PlannedInputs, walk: UpdateWalk, ranksPerNode: Int) {
        let layout = inputs.layout
        let float = MemoryLayout<Float>.stride
        let recipe = inputs.recipe
        let trained = layout.count - inputs.firstTrained
        let weights = layout.count * float
        let shadow = recipe.precision.products == .bfloat16 ? layout.count * 2 : 0
        // A rank adds its slice of all the node's copies in place.
        let shared = trained * float / ranksPerNode * (ranksPerNode - 1)
        let pool = PrunablePool(layout, includesBiases: recipe.pruning.includeBiases).count
        let mask = recipe.pruning.method == .dense ? 0 : (pool + 7) / 8
        let setAside =
            recipe.pruning.method == .dense
            ? 0 : prunedCount(sparsity: recipe.pruning.sparsity, poolSize: pool) * float
        let network = Wav2Vec2(inputs.configuration)
        let evaluation = Self.evaluationBytes(inputs, products: walk.products)
        if inputs.keepsFeatures { Self.note(inputs, network, in: walk.products) }
        let products = walk.products.keptBytes(recipe.precision.products)
        let texts = Self.textBytes(inputs.train) + Self.textBytes(inputs.valid)
        parts = [
            Part(name: "weights", bytes: weights), Part(name: "gradients", bytes: weights),
            Part(name: "gradients of the node's other ranks", bytes: shared),
            Part(name: "moments", bytes: 2 * trained * float),
            Part(name: "weights in bfloat16", bytes: shadow),
            Part(name: "activations", bytes: max(walk.activationBytes, evaluation)),
            // Two micro-batches lie ready behind the one that is worked on.
            Part(name: "audio or features read ahead", bytes: 3 * walk.inputBytes),
            Part(name: "masks", bytes: 4 * mask),
            Part(name: "kept weights of sparse products", bytes: Self.keptWeightBytes(inputs)),
            Part(name: "weights behind the mask", bytes: recipe.pruning.keepsValues ? pool * float : 0),
            Part(name: "scores", bytes: recipe.pruning.scoresKept * pool * float),
            Part(name: "pruned weights set aside in evaluation", bytes: setAside),
            Part(name: "manifests and transcripts", bytes: texts),
            Part(name: "compiled products", bytes: products),
            Part(name: "program and libraries", bytes: Self.programBytes),
        ].filter { $0.bytes > 0 }
        let updates = parts.reduce(0) { $0 + $1.bytes }
        let rest = Self.programBytes + products + texts
        // The file lies in memory beside weights and gradients while it is read.
        let loading = (inputs.readsWeights ? 3 : 2) * weights + rest
        let features =
            inputs.keepsFeatures ? 2 * weights + shadow + Self.featureBytes(inputs, network) + rest : 0
        peakBytes = max(updates, loading, features)
    }

    /// The bytes of activations in evaluation, which is in float32.
    private static func evaluationBytes(_ inputs: PlannedInputs, products: ProductLedger) -> Int {
        let task = inputs.validation
        let sparseSlots = Set(inputs.sparseSlots.map(\.index))
        var largest = LargestPass(arenaBytes: task.evaluationArenaBytes)
        for batch in EpochPlan.microBatches(
            of: Array(inputs.valid.utterances.indices), items: inputs.valid.items,
            rankCost: task.sharing.rankCost)
        {
            let pass = task.plannedPass(batch, update: 0, precision: .float32)
            var sparse = pass
            sparse.sparseSlots = sparseSlots
            largest.consider(sparse)
            if !products.isFull { products.noting { _ = task.evaluationArenaBytes(pass) } }
        }
        return largest.bytes
    }

    /// The most that weights of layers that multiply them alone take beside the dense ones.
    private static func keptWeightBytes(_ inputs: PlannedInputs) -> Int {
        let weights = inputs.sparseSlots.reduce(0) { $0 + $1.shape.count }
        // Of a layer that is chosen, a mask keeps so many at most.
        let mostKept = 1 - LinearProbe.Purpose.training.leastSparsity
        let kept = min(1 - inputs.recipe.pruning.sparsity, mostKept) * Double(weights)
        // The values and their places, as they are and transposed, and a gradient.
        return Int(kept) * (3 * MemoryLayout<Float>.stride + 2)
    }

    /// The bytes of making one utterance's features: of the longest.
    private static func featureBytes(_ inputs: PlannedInputs, _ network: Wav2Vec2) -> Int {
        network.featureArenaBytes(
            samples: inputs.sampleCounts.max() ?? 0, precision: inputs.recipe.precision.products)
    }

    /// Notes the products of making all utterances' features.
    private static func note(_ inputs: PlannedInputs, _ network: Wav2Vec2, in products: ProductLedger) {
        for samples in Set(inputs.sampleCounts).sorted() where !products.isFull {
            products.noting {
                _ = network.featureArenaBytes(samples: samples, precision: inputs.recipe.precision.products)
            }
        }
    }

    /// What names, paths, texts and targets take: strings and arrays, each a block of its own.
    private static func textBytes(_ data: SpeechDataset) -> Int {
        let block = 32
        return data.utterances.indices.reduce(0) { total, index in
            let utterance = data.utterances[index]
            let characters =
                utterance.id.utf8.count + utterance.audioPath.utf8.count + 2 * utterance.text.utf8.count
                + utterance.origin.utf8.count
            return total + MemoryLayout<Utterance>.stride + characters + data.targets[index].count * 8 + 6
                * block
        }
    }
}
