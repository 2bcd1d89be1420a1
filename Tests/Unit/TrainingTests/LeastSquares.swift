import Batching
import Collectives
import JSON
import Optimization
import Recipe
import Tensors

@testable import Training

/// The smallest task that there is: a row of weights that learns to answer items with numbers of their own.
struct LeastSquares: TrainingTask {
    struct Sums: BatchSums, Equatable {
        var loss = 0.0
        var items = 0.0
        var workload = 0.0
        var notFinite = 0.0

        var vector: [Double] {
            get { [loss, items, workload, notFinite] }
            set { (loss, items, workload, notFinite) = (newValue[0], newValue[1], newValue[2], newValue[3]) }
        }
    }

    let layout: ParameterLayout
    private let weight: ParameterSlot
    /// Parts that a batch is cut into for any number of ranks; nil shares single items out.
    private let parts: Int?
    /// The item with a NaN answer.
    private let broken: Int?

    static let batchSize = 5
    static let itemCount = 15

    init(parts: Int? = nil, broken: Int? = nil) {
        var layout = ParameterLayout()
        weight = layout.add(
            "encoder.layers.0.attention.k_proj.weight", [8, 5], role: .prunable(layer: 0, kind: .key),
            initializer: .normal(deviation: 0.5))
        self.layout = layout
        self.parts = parts
        self.broken = broken
    }

    /// Three batches of five items an epoch, in another order each time.
    var schedule: BatchSchedule {
        BatchSchedule { epoch in
            (0..<3).map { batch in (0..<Self.batchSize).map { (7 * epoch + 5 * batch + $0) % Self.itemCount }
            }
        }
    }

    func microBatches(of globalBatch: [Int], rank: Int, rankCount: Int) -> [[Int]] {
        let count = parts ?? globalBatch.count
        return (0..<count).filter { $0 % rankCount == rank }.map { part in
            globalBatch.indices.filter { $0 % count == part }.map { globalBatch[$0] }
        }
    }

    var mostMicroBatches: Int? { parts }
    var headOffset: Int { layout.count }

    func load(_ items: [Int], update: Int) -> [Int] { items }
    func name(of item: Int) -> String { "item \(item)" }
    func spoiled(_ batch: [Int]) -> [Int] { batch }
    var trainablePhases: [TrainablePhase] { [TrainablePhase(update: 0, offset: 0)] }

    func accumulateGradients(
        _ batch: [Int], update: Int, parameters: ParameterViews, arena: inout Arena,
        gradientsFinal: (Int) -> Void
    ) -> Sums {
        let (values, gradients) = (parameters.value(weight), parameters.gradient(weight))
        var sums = Sums()
        for item in batch {
            let error = error(of: item, weights: values)
            for index in 0..<values.count { gradients[index] += 2 * error * feature(index, of: item) }
            sums.loss += Double(error * error)
            sums.notFinite += error.isFinite ? 0 : 1
            sums.items += 1
            sums.workload += 0.5
        }
        gradientsFinal(0)
        return sums
    }

    /// How far an item's answer is off.
    private func error(of item: Int, weights: Tensor) -> Float {
        var error = item == broken ? Float.nan : -Float(item % 4)
        for index in 0..<weights.count { error += weights[index] * feature(index, of: item) }
        return error
    }

    /// What stands beside a weight in an item's answer.
    private func feature(_ index: Int, of item: Int) -> Float {
        let input = CountedRandom(seed: 3, stream: .pretraining, item: UInt64(item))
        return Float(input.uniform(at: UInt64(index))) - 0.5
    }

    /// The mean squared error over all items.
    func meanError(_ parameters: ParameterViews) -> Double {
        let weights = parameters.value(weight)
        return (0..<Self.itemCount).reduce(0) { total, item in
            let error = Double(error(of: item, weights: weights))
            return total + error * error
        } / Double(Self.itemCount)
    }

    var noSums: Sums { Sums() }
    func fields(_ report: StepReport<Sums>) -> [(String, JSONValue)] { [] }
    func summary(_ sums: Sums) -> String { "" }

    /// A trainer of this task on fresh weights, the same on every rank.
    func trainer(_ communicator: any Communicator, updates: Int) throws -> Trainer<LeastSquares> {
        let store = ParameterStore(
            layout: layout, gradients: try communicator.makeBuffer(count: layout.count), precision: .float32)
        layout.initialize(store.values.all, seed: 1)
        var recipe = Recipe()
        recipe.optimizer.learningRate = 0.05
        recipe.schedule.kind = .constant
        recipe.schedule.updates = updates
        recipe.distributed.bucketMegabytes = 1
        return Trainer(
            task: self, store: store, communicator: communicator, optimizer: recipe.optimizerSettings,
            distributed: recipe.distributed, startingAt: 0, of: updates)
    }
}
