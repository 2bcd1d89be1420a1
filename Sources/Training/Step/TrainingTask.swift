package import Batching
package import JSON
internal import Recipe
package import Tensors

/// What training needs to know of a problem: how its batches are planned, loaded and differentiated.
///
/// CTC fine-tuning is one task; the trainer knows nothing of speech, and a task knows nothing of ranks but
/// its share.
package protocol TrainingTask: Sendable {
    /// One micro-batch in memory, made on the prefetch thread.
    associatedtype MicroBatch: Sendable
    /// What a batch adds up to.
    associatedtype Sums: BatchSums

    /// The parameters' names and places.
    var layout: ParameterLayout { get }

    /// The global batches, update by update: the same on every rank, and for any number of ranks.
    var schedule: BatchSchedule { get }

    /// A rank's share of a global batch, as micro-batches that fit its memory; empty if there is nothing for
    /// it.
    func microBatches(of globalBatch: [Int], rank: Int, rankCount: Int) -> [[Int]]

    /// The most micro-batches of an update, all ranks' together, if they are the same for any number of ranks;
    /// nil if they are not.
    var mostMicroBatches: Int? { get }

    /// Reads the items of a micro-batch of an update. Runs on the prefetch thread.
    func load(_ items: [Int], update: Int) throws -> MicroBatch

    /// An item as a person finds it: its place in a manifest, its file, its length.
    func name(of item: Int) -> String

    /// A micro-batch one of whose inputs is not a number, for `--inject`.
    func spoiled(_ batch: MicroBatch) -> MicroBatch

    /// What is trained from which update on: rising updates, falling offsets.
    var trainablePhases: [TrainablePhase] { get }

    /// How parameters differ in what the optimiser does to them, in their order; together they are the layout.
    var parameterGroups: [ParameterGroup] { get }
    /// The first element of the head: what is trained where all other weights stand still.
    var headOffset: Int { get }

    /// Runs forward and backward, accumulating the gradient of the *sum* of the items' losses.
    ///
    /// `gradientsFinal` is called with falling offsets from which on this pass adds nothing more.
    func accumulateGradients(
        _ batch: MicroBatch, update: Int, parameters: ParameterViews, arena: inout Arena,
        gradientsFinal: (Int) -> Void
    ) -> Sums

    /// The sums of no batch at all, as long as any other.
    var noSums: Sums { get }

    /// What a `train` event says of this task's sums.
    func fields(_ report: StepReport<Sums>) -> [(String, JSONValue)]

    /// What the line of progress says beside the loss; empty says nothing.
    func summary(_ sums: Sums) -> String
}

/// From an update on, the flat store is trained from an offset to its end.
package struct TrainablePhase: Sendable, Hashable {
    /// The first update of the phase.
    package let update: Int
    /// The first trained element; everything before it is frozen.
    package let offset: Int

    /// A phase that begins with an update.
    package init(update: Int, offset: Int) {
        self.update = update
        self.offset = offset
    }
}

/// Elements of the flat store that the optimiser treats alike.
package struct ParameterGroup: Sendable, Hashable {
    /// Their places.
    package var range: Range<Int>
    /// Whether weight decay takes from them.
    package let decays: Bool
    /// What the learning rate is multiplied with.
    package let rateScale: Double

    /// Elements that the optimiser treats alike.
    package init(range: Range<Int>, decays: Bool = true, rateScale: Double = 1) {
        self.range = range
        self.decays = decays
        self.rateScale = rateScale
    }
}

extension TrainingTask {
    /// All parameters alike.
    package var parameterGroups: [ParameterGroup] { [ParameterGroup(range: 0..<layout.count)] }

    /// The first trained element of the flat store in an update.
    package func firstTrainableOffset(update: Int) -> Int {
        trainablePhases.last { $0.update <= update }?.offset ?? layout.count
    }
}

/// What a batch adds up to; sums of ranks and micro-batches add.
package protocol BatchSums: Sendable {
    /// The sum of the items' losses, in nats.
    var loss: Double { get }
    /// What the loss is divided by.
    var items: Double { get }
    /// The items whose loss is finite by the data; others are counted and add nothing to the sum.
    var finiteItems: Double { get }
    /// The work that it was, in the task's `WorkUnit`.
    var workload: Double { get }
    /// Losses that are not a number.
    var notFinite: Double { get set }
    /// All sums as numbers that can be all-reduced; as many on every rank.
    var vector: [Double] { get set }
}

extension BatchSums {
    package var finiteItems: Double { items }

    /// Adds the sums of another batch.
    package static func += (sums: inout Self, other: Self) {
        sums.vector = zip(sums.vector, other.vector).map(+)
    }
}
