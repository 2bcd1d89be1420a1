internal import Speech
internal import Synchronization

/// The global batch of any update: epochs of `EpochPlan` one after another, a pure function of data and seed.
///
/// Plans of past epochs are not kept; asking in rising order costs one plan an epoch, asking back starts
/// over.
final class BatchSchedule: Sendable {
    private struct Cursor {
        var epoch: Int
        var firstUpdate: Int
        var batches: [[Int]]
    }

    private let planEpoch: @Sendable (Int) -> [[Int]]
    // Shared by the main and the prefetch thread, which is why this is a class.
    private let cursor: Mutex<Cursor>

    /// A schedule over the batches that `planEpoch` gives each epoch; every epoch must have one.
    init(planEpoch: @escaping @Sendable (Int) -> [[Int]]) {
        self.planEpoch = planEpoch
        cursor = Mutex(Cursor(epoch: 0, firstUpdate: 0, batches: planEpoch(0)))
    }

    /// A schedule over an `EpochPlan` of each epoch.
    convenience init(
        utterances: [Utterance], seed: UInt64, batchSeconds: Double, samplingAlpha: Double
    ) {
        self.init { epoch in
            EpochPlan(
                utterances: utterances, seed: seed, epoch: epoch, batchSeconds: batchSeconds,
                samplingAlpha: samplingAlpha
            ).batches
        }
    }

    /// The updates done when each epoch ends, up to a number of updates.
    func epochEnds(through updates: Int) -> [Int] {
        var ends: [Int] = []
        var done = 0
        while true {
            let batches = planEpoch(ends.count)
            precondition(!batches.isEmpty, "epoch \(ends.count) has no batch")
            done += batches.count
            guard done <= updates else { return ends }
            ends.append(done)
        }
    }

    /// The epoch that an update belongs to and the items of its global batch.
    func batch(update: Int) -> (epoch: Int, items: [Int]) {
        cursor.withLock { cursor in
            if update < cursor.firstUpdate {
                cursor = Cursor(epoch: 0, firstUpdate: 0, batches: planEpoch(0))
            }
            while update >= cursor.firstUpdate + cursor.batches.count {
                precondition(!cursor.batches.isEmpty, "epoch \(cursor.epoch) has no batch")
                let next = cursor.epoch + 1
                cursor = Cursor(
                    epoch: next, firstUpdate: cursor.firstUpdate + cursor.batches.count,
                    batches: planEpoch(next))
            }
            return (cursor.epoch, cursor.batches[update - cursor.firstUpdate])
        }
    }
}
