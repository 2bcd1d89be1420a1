internal import Optimization

/// What one update did: its line in `metrics.jsonl`.
package struct StepReport<Sums: BatchSums>: Sendable {
    /// The updates done, including this one.
    package var update: Int
    /// The sums of the global batch.
    package var sums: Sums
    /// The learning rate of this update.
    package var learningRate: Double
    /// The norm of the mean gradient, before clipping.
    package var gradientNorm: Double
    /// The updates skipped because a loss or gradient was not finite: 1 if this was one.
    package var skipped: Bool
    /// Where this rank's time went.
    package var phases: StepPhases
    /// Each rank's note about itself, in rank order.
    package var notes: [RankNote] = []

    /// Whether a rank was asked to stop: the same answer on every rank.
    var isInterrupted: Bool { notes.contains(where: \.isInterrupted) }
    /// Whether a rank's clock says that a checkpoint is due: the same answer on every rank.
    var isCheckpointDue: Bool { notes.contains(where: \.isCheckpointDue) }

    /// The mean loss of the global batch, in nats per item with finite loss; infinite if there are none.
    package var loss: Double {
        sums.finiteItems > 0 ? sums.loss / sums.finiteItems : (sums.items > 0 ? .infinity : 0)
    }
}

/// What a rank reports about itself in the last message of an update.
package struct RankNote: Sendable, Equatable {
    /// Whether it was asked to stop.
    var isInterrupted: Bool
    /// Whether its clock says that a checkpoint is due.
    var isCheckpointDue = false
    /// Seconds it waited for data.
    package var data: Double
    /// Seconds of forward and backward.
    package var compute: Double
    /// Its workload, in the task's unit.
    package var workload: Double

    init(isInterrupted: Bool, isCheckpointDue: Bool = false, phases: StepPhases, workload: Double) {
        (self.isInterrupted, self.isCheckpointDue) = (isInterrupted, isCheckpointDue)
        (data, compute) = (phases.data, phases.compute)
        self.workload = workload
    }

    /// The note as sent.
    package var numbers: [Double] {
        [(isInterrupted ? 1 : 0) + (isCheckpointDue ? 2 : 0), data, compute, workload]
    }

    /// A received note.
    init(numbers: [Double]) {
        let flags = Int(numbers[0])
        (isInterrupted, isCheckpointDue) = (flags & 1 != 0, flags & 2 != 0)
        (data, compute, workload) = (numbers[1], numbers[2], numbers[3])
    }
}
