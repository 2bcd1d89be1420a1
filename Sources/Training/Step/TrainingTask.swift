internal import Tensors

/// What training needs to know of a problem: how its batches are planned, loaded and differentiated.
///
/// CTC fine-tuning is one task; the trainer knows nothing of speech, and a task knows nothing of ranks but
/// its share.
protocol TrainingTask: Sendable {
    /// One micro-batch in memory, made on the prefetch thread.
    associatedtype MicroBatch: Sendable

    /// The parameters' names and places.
    var layout: ParameterLayout { get }

    /// The items of an update's global batch: the same on every rank, and for any number of ranks.
    func globalBatch(update: Int) -> [Int]

    /// A rank's share of a global batch, as micro-batches that fit its memory; empty if there is nothing for
    /// it.
    func microBatches(of globalBatch: [Int], rank: Int, rankCount: Int) -> [[Int]]

    /// Reads the items of a micro-batch. Runs on the prefetch thread.
    func load(_ items: [Int]) throws -> MicroBatch

    /// What is trained from which update on: rising updates, falling offsets.
    var trainablePhases: [TrainablePhase] { get }

    /// Runs forward and backward, accumulating the gradient of the *sum* of the items' losses.
    ///
    /// `gradientsFinal` is called with falling offsets from which on this pass adds nothing more.
    func accumulateGradients(
        _ batch: MicroBatch, update: Int, parameters: ParameterViews, arena: inout Arena,
        gradientsFinal: (Int) -> Void
    ) -> BatchSums
}

/// From an update on, the flat store is trained from an offset to its end.
struct TrainablePhase: Sendable, Hashable {
    /// The first update of the phase.
    let update: Int
    /// The first trained element; everything before it is frozen.
    let offset: Int
}

extension TrainingTask {
    /// The first trained element of the flat store in an update.
    func firstTrainableOffset(update: Int) -> Int {
        trainablePhases.last { $0.update <= update }?.offset ?? layout.count
    }
}

/// What a batch adds up to; sums of ranks and micro-batches add.
package struct BatchSums: Sendable, Equatable {
    /// The sum of the items' losses, in nats.
    package var loss = 0.0
    /// The items.
    package var items = 0.0
    /// Seconds of audio.
    package var audioSeconds = 0.0
    /// Items whose target cannot be aligned to their frames, counted with loss zero.
    package var infiniteLosses = 0.0
    /// Items whose loss is not a number.
    package var notFinite = 0.0

    /// Nothing.
    package init() {}

    /// The sums as numbers that can be all-reduced.
    package var vector: [Double] {
        get { [loss, items, audioSeconds, infiniteLosses, notFinite] }
        set {
            loss = newValue[0]
            items = newValue[1]
            audioSeconds = newValue[2]
            infiniteLosses = newValue[3]
            notFinite = newValue[4]
        }
    }

    /// Adds the sums of another batch.
    package static func += (sums: inout BatchSums, other: BatchSums) {
        sums.vector = zip(sums.vector, other.vector).map(+)
    }
}
