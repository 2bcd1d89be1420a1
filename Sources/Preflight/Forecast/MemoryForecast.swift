internal import Batching
internal import Kernels
internal import Models
internal import Pruning
internal import Recipe
internal import Speech
internal import Tasks
internal import Tensors
internal import Text
internal import Training

/// The memory of rank 0, which holds most, by parts; shared pages count in each rank that touches them.
package struct MemoryForecast: Sendable {
    /// One part.
    package struct Part: Sendable {
        /// What it is.
        package let name: String
        /// Its bytes.
        package let bytes: Int
    }

    /// What is held during updates and evaluations.
    package let parts: [Part]
    /// The peak: during updates, or, with large models and short batches, while loading or computing
    /// features.
    package let peakBytes: Int

    /// The program with its libraries and MPI, including their heap, before it holds anything.
    private static let programBytes = 54 << 20

    init(_ inputs: PlannedInputs, walk: UpdateWalk, ranksPerNode: Int) {
        let recipe = inputs.recipe
        let network = Wav2Vec2(inputs.configuration)
        let evaluation = Self.evaluationBytes(inputs, products: walk.products)
        if inputs.keepsFeatures { Self.note(inputs, network, in: walk.products) }
        let trained = inputs.layout.count - inputs.firstTrained
        let held = HeldWeights(recipe, inputs.layout, trained: trained, ranksPerNode: ranksPerNode)
        let features = inputs.keepsFeatures ? Self.featureBytes(inputs, network) : 0
        self.init(
            held, products: walk.products.keptBytes(recipe.precision.products),
            activations: max(walk.activationBytes, evaluation), features: features,
            // Two micro-batches are read ahead of the current one.
            inputs: Part(name: "audio or features read ahead", bytes: 3 * walk.inputBytes),
            data: Part(
                name: "manifests and transcripts",
                bytes: Self.textBytes(inputs.train) + Self.textBytes(inputs.valid)),
            keptWeights: Self.keptWeightBytes(recipe, inputs.layout), readsWeights: inputs.readsWeights,
            search: inputs.search)
    }

    /// The memory of a run on texts.
    init(_ inputs: TextInputs, task: TextTask, recipe: Recipe, ranks: Int, ranksPerNode: Int) {
        let sparseSlots = Set(recipe.sparseSlots(of: task.layout).map(\.index))
        let training = task.activationBytes(
            updates: 0..<recipe.schedule.updates, rank: 0, rankCount: ranks,
            precision: recipe.precision.products, sparseSlots: sparseSlots)
        let evaluation = TextEvaluator(model: task.model, rankTokens: recipe.data.rankTokens)
            .arenaBytes(inputs.valid.dataset, ranks: ranks, sparseSlots: sparseSlots)
        let held = HeldWeights(recipe, task.layout, trained: task.layout.count, ranksPerNode: ranksPerNode)
        let products = ProductLedger()
        task.noteProducts(of: recipe, ranks: ranks, in: products)
        self.init(
            held, products: products.keptBytes(recipe.precision.products),
            activations: max(training, evaluation),
            features: 0,
            inputs: Part(name: "tokens read ahead", bytes: 0),
            data: Part(
                name: "texts and tokens",
                bytes: inputs.train.dataset.plannedBytes + inputs.valid.dataset.plannedBytes),
            keptWeights: Self.keptWeightBytes(recipe, task.layout), readsWeights: true)
    }

    private init(
        _ held: HeldWeights, products: Int, activations: Int, features: Int, inputs: Part, data: Part,
        keptWeights: Int, readsWeights: Bool, search: SearchMemory = SearchMemory()
    ) {
        parts =
            (held.parts + [
                Part(name: "activations", bytes: activations), inputs,
                Part(name: "kept weights of sparse products", bytes: keptWeights), data,
                Part(name: "compiled products", bytes: products),
                Part(name: "language model, words and beams of searches", bytes: search.bytes),
                Part(name: "program and libraries", bytes: Self.programBytes),
            ]).filter { $0.bytes > 0 }
        let rest = Self.programBytes + products + data.bytes
        // The file is in memory beside weights and gradients while it is read.
        let loading = (readsWeights ? 3 : 2) * held.weights + rest
        // Features are computed before there are moments.
        let making = features > 0 ? 2 * held.weights + held.shadow + features + rest : 0
        // A language model is converted before weights are loaded.
        let converting = search.conversionBytes + Self.programBytes
        peakBytes = max(
            parts.reduce(0) { $0 + $1.bytes }, loading + search.openBytes, making + search.openBytes,
            converting)
    }

    /// The bytes of activations in evaluation, which uses float32.
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

    /// The maximum bytes of sparse layers' kept weights, in addition to the dense ones.
    private static func keptWeightBytes(_ recipe: Recipe, _ layout: ParameterLayout) -> Int {
        let weights = recipe.sparseSlots(of: layout).reduce(0) { $0 + $1.shape.count }
        // The most weights that a mask keeps in a chosen layer.
        let mostKept = 1 - LinearProbe.Purpose.training(.kept).leastSparsity
        let kept = min(1 - recipe.pruning.sparsity, mostKept) * Double(weights)
        // The values and their indices, plain and transposed, and a gradient.
        return Int(kept) * (3 * MemoryLayout<Float>.stride + 2)
    }

    /// The bytes of computing one utterance's features: the longest one's.
    private static func featureBytes(_ inputs: PlannedInputs, _ network: Wav2Vec2) -> Int {
        network.featureArenaBytes(
            samples: inputs.sampleCounts.max() ?? 0, precision: inputs.recipe.precision.products)
    }

    /// Notes the products of computing all utterances' features.
    private static func note(_ inputs: PlannedInputs, _ network: Wav2Vec2, in products: ProductLedger) {
        for samples in Set(inputs.sampleCounts).sorted() where !products.isFull {
            products.noting {
                _ = network.featureArenaBytes(samples: samples, precision: inputs.recipe.precision.products)
            }
        }
    }

    /// Bytes of names, paths, texts and targets: strings and arrays, each a heap block.
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

/// A model's weights and related buffers as held by a rank, for any task.
private struct HeldWeights {
    /// The weights, and their bfloat16 copies.
    let weights: Int
    let shadow: Int
    let parts: [MemoryForecast.Part]

    init(_ recipe: Recipe, _ layout: ParameterLayout, trained: Int, ranksPerNode: Int) {
        let float = MemoryLayout<Float>.stride
        weights = layout.count * float
        shadow = recipe.precision.products == .bfloat16 ? layout.count * 2 : 0
        // A rank sums its slice of all the node's copies in place.
        let shared = trained * float / ranksPerNode * (ranksPerNode - 1)
        let pool = PrunablePool(layout, includesBiases: recipe.pruning.includeBiases).count
        let isDense = recipe.pruning.method == .dense
        let mask = isDense ? 0 : (pool + 7) / 8
        let setAside =
            isDense ? 0 : prunedCount(sparsity: recipe.pruning.sparsity, poolSize: pool) * float
        parts = [
            .init(name: "weights", bytes: weights), .init(name: "gradients", bytes: weights),
            .init(name: "gradients of the node's other ranks", bytes: shared),
            .init(
                name: "moments",
                bytes: 2 * (trained - recipe.pruning.heldZeros(prunable: pool)) * float),
            .init(name: "weights in bfloat16", bytes: shadow), .init(name: "masks", bytes: 4 * mask),
            .init(name: "masked weights", bytes: recipe.pruning.keepsValues ? pool * float : 0),
            .init(name: "scores", bytes: recipe.pruning.scoresKept * pool * float),
            .init(name: "pruned weights set aside in evaluation", bytes: setAside),
        ]
    }
}

extension TextDataset {
    /// Bytes of texts and their tokens: strings and arrays, each a heap block.
    fileprivate var plannedBytes: Int {
        let block = 32
        return examples.indices.reduce(0) { total, index in
            let example = examples[index]
            let characters =
                example.id.utf8.count + example.text.utf8.count + (example.textPair?.utf8.count ?? 0)
                + example.origin.utf8.count
            let encoding = encoded[index].ids.count * 2 * MemoryLayout<Int>.stride
            return total + MemoryLayout<TextExample>.stride + characters + encoding + 8 * block
        }
    }
}
