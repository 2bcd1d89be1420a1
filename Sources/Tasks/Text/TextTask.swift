package import Batching
package import JSON
package import Kernels
package import Models
package import Recipe
package import Tensors
internal import Text
package import Training

/// Fine-tuning on labelled texts: cross-entropy for classes, or squared error for values (Devlin et al.,
/// 2019, section 4.1).
package struct TextTask: TrainingTask {
    package let model: SequenceClassifier
    package let data: TextDataset
    package let schedule: BatchSchedule
    package let settings: Settings
    /// How the optimiser treats groups of parameters.
    package let parameterGroups: [ParameterGroup]

    /// The recipe's settings of the task.
    package struct Settings: Sendable {
        var seed: UInt64
        var regularization: Regularization
        var freezeEncoderUpdates: Int
        var sharing: BatchSharing
        var recomputesActivations: Bool
    }

    /// The task that a recipe describes.
    package init(recipe: Recipe, model: TextModel, data: TextDataset) {
        self.model = model.network
        self.data = data
        schedule = BatchSchedule(
            items: data.items, seed: UInt64(recipe.seed), batchItems: recipe.data.batchExamples)
        let longest = Double(data.encoded.reduce(1) { max($0, $1.ids.count) })
        let rankTokens = Double(recipe.data.rankTokens)
        settings = Settings(
            seed: UInt64(recipe.seed), regularization: recipe.regularization.settings,
            freezeEncoderUpdates: recipe.model.freezeEncoderUpdates,
            sharing: recipe.distributed.reproducible
                ? BatchSharing(
                    rankCost: rankTokens, parts: recipe.distributed.reproducibleParts,
                    batchCost: longest * Double(recipe.data.batchExamples))
                : BatchSharing(rankCost: rankTokens),
            recomputesActivations: recipe.model.recomputeActivations)
        parameterGroups = model.network.parameterGroups(headScale: recipe.optimizer.headScale)
    }

    package var layout: ParameterLayout { model.layout }

    package var headOffset: Int { model.firstTrainableOffset(.headOnly) }

    package func microBatches(of globalBatch: [Int], rank: Int, rankCount: Int) -> [[Int]] {
        settings.sharing.microBatches(of: globalBatch, items: data.items, rankCount: rankCount)[rank]
    }

    package var mostMicroBatches: Int? { settings.sharing.mostMicroBatches }

    package func load(_ items: [Int], update: Int) throws -> TextMicroBatch { data.load(items) }

    package func name(of item: Int) -> String {
        "\(data.examples[item].origin), \(data.encoded[item].ids.count) tokens"
    }

    package func spoiled(_ batch: TextMicroBatch) -> TextMicroBatch {
        var spoiled = batch
        spoiled.isSpoiled = true
        return spoiled
    }

    /// Only the classifier while the encoder is frozen, then everything.
    package var trainablePhases: [TrainablePhase] {
        let freed = TrainablePhase(update: settings.freezeEncoderUpdates, offset: 0)
        guard settings.freezeEncoderUpdates > 0 else { return [freed] }
        return [TrainablePhase(update: 0, offset: model.firstTrainableOffset(.headOnly)), freed]
    }

    /// Forward, loss and backward of one micro-batch.
    package func accumulateGradients(
        _ batch: TextMicroBatch, update: Int, parameters: ParameterViews, arena: inout Arena,
        gradientsFinal: (Int) -> Void
    ) -> TextSums {
        let noise = Noise(
            seed: settings.seed, step: update, identities: batch.identities,
            regularization: settings.regularization)
        let output = model.forward(
            batch.batch, parameters: parameters, noise: noise, trainable: trainable(update: update),
            recomputing: settings.recomputesActivations, arena: &arena)
        if batch.isSpoiled { output.logits[0] = .nan }
        let dLogits = arena.tensor(rows: output.logits.rows, columns: output.logits.columns)
        let losses = batch.targets.losses(of: output.logits, dLogits: dLogits)
        model.backward(dLogits, output: output, arena: &arena, gradientsFinal: gradientsFinal)
        return TextSums(
            losses, tokens: batch.batch.tokens.count,
            operations: operations(of: batch.batch.packing, update: update))
    }

    /// Floating-point operations of a micro-batch in an update: forward, and backward of what is trained,
    /// ignoring pruning.
    private func operations(of packing: PackedRows, update: Int) -> Double {
        let forward = (0..<packing.count).reduce(0) {
            $0 + model.configuration.forwardOperations(tokens: packing.length($1))
        }
        return trainable(update: update) == .everything ? 3 * forward : forward
    }

    private func trainable(update: Int) -> TrainableParameters {
        update < settings.freezeEncoderUpdates ? .headOnly : .everything
    }

    package var noSums: TextSums { TextSums([], tokens: 0, operations: 0) }

    package func fields(_ report: StepReport<TextSums>) -> [(String, JSONValue)] {
        [
            ("examples", .number(report.sums.items)), ("tokens", .number(report.sums.tokens)),
            ("flops", .number(report.sums.operations)),
        ]
    }

    package func summary(_ sums: TextSums) -> String { "" }
}

extension TextTask: ActivationPlanning {
    package func activationBytes(
        updates: Range<Int>, rank: Int, rankCount: Int, precision: GEMMPrecision, sparseSlots: Set<Int> = []
    ) -> Int {
        // With this many updates, the largest micro-batches are representative.
        let lookedAt = 2000
        var walk = schedule.walk(from: updates.lowerBound)
        var largest: [Int: (longest: Int, items: [Int])] = [:]
        for _ in updates.prefix(lookedAt) {
            for items in microBatches(of: walk.nextBatch().items, rank: rank, rankCount: rankCount) {
                let lengths = items.map { data.encoded[$0].ids.count }
                let key = lengths.reduce(0, +) / 64
                let longest = lengths.max() ?? 0
                if longest > largest[key]?.longest ?? 0 { largest[key] = (longest, items) }
            }
        }
        return largest.keys.sorted(by: >).prefix(4).reduce(0) { most, key in
            max(most, largest[key].map { arenaBytes(data.load($0.items), precision, sparseSlots) } ?? 0)
        }
    }

    /// Notes the products of rank 0's passes, until the ledger's limit.
    package func noteProducts(of recipe: Recipe, ranks: Int, in products: ProductLedger) {
        var walk = schedule.walk(from: 0)
        for _ in 0..<recipe.schedule.updates where !products.isFull {
            for items in microBatches(of: walk.nextBatch().items, rank: 0, rankCount: ranks)
            where !products.isFull {
                products.noting { _ = arenaBytes(data.load(items), recipe.precision.products, []) }
            }
        }
    }

    /// A pass's arena bytes, found by running it on the counting device.
    private func arenaBytes(
        _ batch: TextMicroBatch, _ precision: GEMMPrecision, _ sparseSlots: Set<Int>
    ) -> Int {
        var arena = Arena.counting()
        let noise = Noise(
            seed: settings.seed, step: 0, identities: batch.identities,
            regularization: settings.regularization)
        let output = model.forward(
            batch.batch,
            parameters: ParameterViews(counting: layout, precision: precision, sparseSlots: sparseSlots),
            noise: noise, trainable: .everything, recomputing: settings.recomputesActivations, arena: &arena)
        let dLogits = arena.tensor(rows: output.logits.rows, columns: output.logits.columns)
        model.backward(dLogits, output: output, arena: &arena)
        return arena.peakBytes
    }
}

extension SequenceClassifier {
    /// Parameters with and without weight decay, and the head's with their own rate.
    package func parameterGroups(headScale: Double) -> [ParameterGroup] {
        let head = Set(headSlots.map(\.index))
        var groups: [ParameterGroup] = []
        for slot in layout.slots {
            // Gaps between parameters are zero, so either group may contain them.
            let end = slot.index + 1 < layout.slots.count ? layout.slots[slot.index + 1].offset : layout.count
            let group = ParameterGroup(
                range: slot.offset..<end, decays: slot.decays,
                rateScale: head.contains(slot.index) ? headScale : 1)
            if let last = groups.last, last.decays == group.decays, last.rateScale == group.rateScale {
                groups[groups.count - 1].range = last.range.lowerBound..<end
            } else {
                groups.append(group)
            }
        }
        return groups
    }
}

extension TextDataset.Targets {
    /// The loss of each example, cross-entropy in nats or squared error, and its gradient.
    func losses(of logits: Tensor, dLogits: Tensor?) -> [Float] {
        var losses = [Float](repeating: 0, count: logits.rows)
        switch self {
        case .classes(let classes):
            crossEntropyLoss(logits: logits, targets: classes, scale: 1, losses: &losses, dLogits: dLogits)
        case .values(let values):
            squaredErrorLoss(
                predictions: logits, targets: values, scale: 1, losses: &losses, dPredictions: dLogits)
        case .none: preconditionFailure("a loss needs labels")
        }
        return losses
    }
}

/// The sums of a batch of labelled texts; the items are the examples.
package struct TextSums: BatchSums, Equatable {
    /// The sum of the examples' losses.
    package var loss = 0.0
    /// The examples.
    package var items = 0.0
    /// Their tokens.
    package var tokens = 0.0
    /// Floating-point operations.
    package var operations = 0.0
    package var workload: Double { tokens }
    /// Examples whose loss is NaN.
    package var notFinite = 0.0

    init(_ losses: [Float], tokens: Int, operations: Double) {
        loss = losses.reduce(0) { $0 + Double($1) }
        items = Double(losses.count)
        self.tokens = Double(tokens)
        self.operations = operations
        notFinite = Double(losses.count { !$0.isFinite })
    }

    /// The sums as numbers for an all-reduce.
    package var vector: [Double] {
        get { [loss, items, tokens, operations, notFinite] }
        set {
            (loss, items, tokens) = (newValue[0], newValue[1], newValue[2])
            (operations, notFinite) = (newValue[3], newValue[4])
        }
    }
}
