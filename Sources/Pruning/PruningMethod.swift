/// When a mask is due, and at which sparsity.
///
/// The trainer asks a method and does not know which it is.
public protocol PruningMethod: Sendable {
    /// The name in recipes and reports.
    var name: String { get }

    /// The sparsity to prune to when so many updates are done, or nil if no mask is due.
    func sparsityDue(afterUpdates updates: Int) -> Double?

    /// The sparsity that the model is to have when so many updates are done: what evaluation and export prune
    /// to.
    func sparsity(afterUpdates updates: Int) -> Double
}

/// No pruning.
public struct DenseMethod: PruningMethod {
    /// The dense baseline.
    public init() {}

    /// `dense`.
    public var name: String { "dense" }
    /// Never due.
    public func sparsityDue(afterUpdates updates: Int) -> Double? { nil }
    /// Always 0.
    public func sparsity(afterUpdates updates: Int) -> Double { 0 }
}

/// PARP: prune at the start, let every weight move, prune again every few updates and at the end (Lai et al.,
/// 2021, section 3; PARP-P ramps the sparsity up).
public struct PARPMethod: PruningMethod {
    /// The sparsity in the end.
    public let sparsity: Double
    /// The sparsity at the start: `sparsity` itself for PARP, lower for PARP-P.
    public let startSparsity: Double
    /// Updates between masks; 0 prunes at the start and the end only.
    public let interval: Int
    /// Updates of the run.
    public let updates: Int

    /// PARP, or PARP-P where `startSparsity` is lower.
    public init(sparsity: Double, startSparsity: Double? = nil, interval: Int, updates: Int) {
        self.sparsity = sparsity
        self.startSparsity = startSparsity ?? sparsity
        self.interval = interval
        self.updates = updates
    }

    /// `parp` or `parp-p`.
    public var name: String { startSparsity < sparsity ? "parp-p" : "parp" }

    /// At the start, at every multiple of the interval, and at the end.
    public func sparsityDue(afterUpdates done: Int) -> Double? {
        let isMultiple = interval > 0 && done % interval == 0
        guard sparsity > 0, done == 0 || isMultiple || done >= updates else { return nil }
        return sparsity(afterUpdates: done)
    }

    /// Rises linearly with each mask, and is the final sparsity at the last.
    ///
    /// Without a mask between the first and the last there is nothing to ramp: the start holds until the end.
    public func sparsity(afterUpdates done: Int) -> Double {
        guard startSparsity < sparsity, done < updates else { return sparsity }
        guard interval > 0 else { return startSparsity }
        let (masks, steps) = (done / interval, max(1, updates / interval))
        // Not by the formula, whose rounding may miss the last step's sparsity by a weight.
        guard masks < steps else { return sparsity }
        return min(sparsity, startSparsity + (sparsity - startSparsity) * Double(masks) / Double(steps))
    }
}
