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
