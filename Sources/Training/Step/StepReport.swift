/// What one update did: the line it leaves in `metrics.jsonl`.
package struct StepReport<Sums: BatchSums>: Sendable {
    /// The updates done, this one included.
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

    /// The mean loss of the global batch, in nats an item.
    package var loss: Double { sums.items > 0 ? sums.loss / sums.items : 0 }
}

/// The seconds a rank spent in each phase of a step.
package struct StepPhases: Sendable {
    /// Waiting for the prefetch thread.
    package var data = 0.0
    /// Forward and backward.
    package var compute = 0.0
    /// Waiting for the all-reduce after backward has ended: the communication that was not hidden.
    package var exposedCommunication = 0.0
    /// All-reducing, hidden or not.
    package var communication = 0.0
    /// Clipping and Adam.
    package var optimizer = 0.0

    /// No time at all.
    package init() {}

    /// All of the step.
    package var total: Double { data + compute + exposedCommunication + optimizer }
}

/// Seconds since some fixed moment, unaffected by the wall clock being set.
package func monotonicSeconds() -> Double {
    let now = ContinuousClock.now - Stopwatch.start
    return Double(now.components.seconds) + Double(now.components.attoseconds) * 1e-18
}

private enum Stopwatch {
    static let start = ContinuousClock.now
}
