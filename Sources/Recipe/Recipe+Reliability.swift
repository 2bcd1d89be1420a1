extension Recipe {
    /// What a run watches, and how it reacts; none of it changes training results.
    package struct Reliability: Sendable, Equatable {
        package var notFinite = NotFinitePolicy.skip
        package var notFiniteLimit = 20
        package var replicaCheckUpdates = 100
        package var stallSeconds = 60.0
        package var abortSeconds = 0.0
    }
}

/// What to do about an update whose loss or gradient is not finite.
package enum NotFinitePolicy: String, Sendable, CaseIterable {
    /// Skip the update, report its cause, and continue.
    case skip
    /// Report its cause, and end.
    case stop
}

extension NotFinitePolicy: RecipeChoice {}

extension RecipeKey {
    /// The keys of reliability.
    static let reliabilityKeys: [RecipeKey] = [
        RecipeKey(
            "reliability", "not_finite", \.reliability.notFinite,
            "What to do about an update whose loss or gradient is not finite, once utterance, rank and tensor are "
                + "reported: skip it, or end the run.", changes: .nothing),
        RecipeKey(
            "reliability", "not_finite_limit", \.reliability.notFiniteLimit,
            "Updates in a row that may be skipped for that before the run ends.", changes: .nothing,
            must: "be 1 or more"
        ) { $0 >= 1 },
        RecipeKey(
            "reliability", "replica_check_updates", \.reliability.replicaCheckUpdates,
            "Updates between comparisons of all ranks' weights, moments and masks; 0 compares only at checkpoints.",
            changes: .nothing,
            must: "be 0 or more"
        ) { $0 >= 0 },
        RecipeKey(
            "reliability", "stall_seconds", \.reliability.stallSeconds,
            "Seconds of waiting in a collective after which missing ranks are reported; 0 for never.",
            changes: .nothing,
            must: "be 0 or more"
        ) { $0 >= 0 },
        RecipeKey(
            "reliability", "abort_seconds", \.reliability.abortSeconds,
            "Seconds of waiting in a collective after which the run ends with exit code 75; 0 waits forever.",
            changes: .nothing,
            must: "be 0 or more"
        ) { $0 >= 0 },
    ]
}
