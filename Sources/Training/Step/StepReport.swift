/// What one update did: the line it leaves in `metrics.jsonl`.
struct StepReport: Sendable {
    /// The updates done, this one included.
    var update: Int
    /// The sums of the global batch.
    var sums: BatchSums
    /// The learning rate of this update.
    var learningRate: Double
    /// The norm of the mean gradient, before clipping.
    var gradientNorm: Double
    /// The updates skipped because a loss or gradient was not finite: 1 if this was one.
    var skipped: Bool
    /// Where this rank's time went.
    var phases: StepPhases

    /// The mean loss of the global batch, in nats an item.
    var loss: Double { sums.items > 0 ? sums.loss / sums.items : 0 }
}

/// The seconds a rank spent in each phase of a step.
struct StepPhases: Sendable {
    /// Waiting for the prefetch thread.
    var data = 0.0
    /// Forward and backward.
    var compute = 0.0
    /// Waiting for the all-reduce after backward has ended: the communication that was not hidden.
    var exposedCommunication = 0.0
    /// All-reducing, hidden or not.
    var communication = 0.0
    /// Clipping and Adam.
    var optimizer = 0.0

    /// No time at all.
    init() {}

    /// All of the step.
    var total: Double { data + compute + exposedCommunication + optimizer }
}

/// Seconds since some fixed moment, unaffected by the wall clock being set.
func monotonicSeconds() -> Double {
    let now = ContinuousClock.now - Stopwatch.start
    return Double(now.components.seconds) + Double(now.components.attoseconds) * 1e-18
}

private enum Stopwatch {
    static let start = ContinuousClock.now
}
