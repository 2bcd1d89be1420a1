/// What a rank of a run is doing: where `--inject` acts, and what the watchdog reports for a late rank.
package enum RunPhase: String, Sendable, CaseIterable {
    /// Before the first update: weights, cached features, the first mask.
    case setup
    /// Waiting for audio.
    case data
    case forward
    case backward
    /// Waiting for the other ranks' gradients.
    case collective
    /// Clipping and Adam.
    case update
    case prune
    case evaluation
    case checkpoint
    /// Writing the final model.
    case final
}
