package import Batching
package import JSON
internal import Recipe
package import Tensors

/// What training needs to know of a problem: how its batches are planned, loaded and differentiated.
///
/// CTC fine-tuning is one task; the trainer knows nothing about speech, and a task knows only its share of
/// the ranks' work.
package protocol TrainingTask: Sendable {
    /// One micro-batch in memory, made on the prefetch thread.
    associatedtype MicroBatch: Sendable
    /// The sums of a batch.
    associatedtype Sums: BatchSums

    /// The parameters' names and places.
    var layout: ParameterLayout { get }

    /// The global batches, update by update: the same on every rank, and for any number of ranks.
    var schedule: BatchSchedule { get }

    /// A rank's share of a global batch, as micro-batches that fit its memory; empty if it has none.
    func microBatches(of globalBatch: [Int], rank: Int, rankCount: Int) -> [[Int]]

    /// The most micro-batches of an update over all ranks, if they are the same for any number of ranks; else
    /// nil.
    var mostMicroBatches: Int? { get }

    /// Reads the items of a micro-batch of an update. Runs on the prefetch thread.
    func load(_ items: [Int], update: Int) throws -> MicroBatch

    /// An item's description for people: its place in a manifest, its file, its length.
    func name(of item: Int) -> String

    /// A micro-batch with a NaN input, for `--inject`.
    func spoiled(_ batch: MicroBatch) -> MicroBatch

    /// What is trained from which update on: rising updates, falling offsets.
    var trainablePhases: [TrainablePhase] { get }

    /// Groups of parameters that the optimiser treats differently, in order; together they cover the layout.
    var parameterGroups: [ParameterGroup] { get }
    /// The first element of the head, which is trained even if all other weights are fixed.
    var headOffset: Int { get }

    /// Runs forward and backward, accumulating the gradient of the *sum* of the items' losses.
    ///
    /// `gradientsFinal` is called with falling offsets, from which on this pass adds nothing more.
    func accumulateGradients(
        _ batch: MicroBatch, update: Int, parameters: ParameterViews, arena: inout Arena,
        gradientsFinal: (Int) -> Void
    ) -> Sums

    /// Zero sums, with a vector as long as any other.
    var noSums: Sums { get }

    /// The fields of a `train` event for this task's sums.
    func fields(_ report: StepReport<Sums>) -> [(String, JSONValue)]

    /// What the line of progress shows besides the loss; may be empty.
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
    /// Their range.
    package var range: Range<Int>
    /// Whether weight decay applies to them.
    package let decays: Bool
    /// The factor of the learning rate.
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

/// The sums of a batch; sums of ranks and micro-batches add.
package protocol BatchSums: Sendable {
    /// The sum of the items' losses, in nats.
    var loss: Double { get }
    /// What the loss is divided by.
    var items: Double { get }
    /// The items whose loss the data makes finite; others are counted but not added to the sum.
    var finiteItems: Double { get }
    /// The work done, in the task's `WorkUnit`.
    var workload: Double { get }
    /// Losses that are NaN.
    var notFinite: Double { get set }
    /// All sums as numbers for an all-reduce; the same number on every rank.
    var vector: [Double] { get set }
}

extension BatchSums {
    package var finiteItems: Double { items }

    /// Adds the sums of another batch.
    package static func += (sums: inout Self, other: Self) {
        sums.vector = zip(sums.vector, other.vector).map(+)
    }
}
