/// What one update did: the line it leaves in `metrics.jsonl`.
public struct StepReport: Sendable {
    /// The updates done, this one included.
    public var update: Int
    /// The sums of the global batch.
    public var sums: BatchSums
    /// The learning rate of this update.
    public var learningRate: Double
    /// The norm of the mean gradient, before clipping.
    public var gradientNorm: Double
    /// The updates skipped because a loss or gradient was not finite: 1 if this was one.
    public var skipped: Bool
    /// Where this rank's time went.
    public var phases: StepPhases

    /// The mean loss of the global batch, in nats an item.
    public var loss: Double { sums.items > 0 ? sums.loss / sums.items : 0 }
}

/// The seconds a rank spent in each phase of a step.
public struct StepPhases: Sendable {
    /// Waiting for the prefetch thread.
    public var data = 0.0
    /// Forward and backward.
    public var compute = 0.0
    /// Waiting for the all-reduce after backward has ended: the communication that was not hidden.
    public var exposedCommunication = 0.0
    /// All-reducing, hidden or not.
    public var communication = 0.0
    /// Clipping and Adam.
    public var optimizer = 0.0

    /// No time at all.
    public init() {}

    /// All of the step.
    public var total: Double { data + compute + exposedCommunication + optimizer }
}

/// Seconds since some fixed moment, unaffected by the wall clock being set.
func monotonicSeconds() -> Double {
    let now = ContinuousClock.now - Stopwatch.start
    return Double(now.components.seconds) + Double(now.components.attoseconds) * 1e-18
}

private enum Stopwatch {
    static let start = ContinuousClock.now
}
