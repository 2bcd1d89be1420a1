/// Whether pruned weights take part in training.
public enum MaskHold: Sendable {
    /// They get gradients and may come back: dense training between masks, as PARP has it.
    case free
    /// They stay exactly 0: their gradients and moments are 0, too.
    case fixed
}

/// When a mask is due, at which sparsity, and what it does to training between.
///
/// The trainer asks a method and does not know which it is.
public protocol PruningMethod: Sendable {
    /// The name in recipes and reports.
    var name: String { get }

    /// Whether pruned weights take part in training.
    var hold: MaskHold { get }

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
    /// There is nothing to hold.
    public var hold: MaskHold { .free }
    /// Never due.
    public func sparsityDue(afterUpdates updates: Int) -> Double? { nil }
    /// Always 0.
    public func sparsity(afterUpdates updates: Int) -> Double { 0 }
}

/// One mask before the first update, kept to the end: a subnetwork trained by itself.
///
/// Where the mask comes from makes it the paper's MPI (magnitudes of the pre-trained weights), OMP (magnitudes
/// after a dense run), IMP (those of rounds of runs) or RP (random); see `PlannedRun`.
public struct FixedMaskMethod: PruningMethod {
    /// The name in recipes and reports.
    public let name: String
    /// The mask's sparsity.
    public let sparsity: Double

    /// A method of one mask.
    public init(name: String, sparsity: Double) {
        self.name = name
        self.sparsity = sparsity
    }

    /// Pruned weights stay exactly 0.
    public var hold: MaskHold { .fixed }
    /// At the start only.
    public func sparsityDue(afterUpdates updates: Int) -> Double? {
        updates == 0 && sparsity > 0 ? sparsity : nil
    }
    /// The mask's.
    public func sparsity(afterUpdates updates: Int) -> Double { sparsity }
}

/// PARP: prune at the start, let every weight move, prune again every few updates and at the end (Lai et al.,
/// 2021, section 3; PARP-P ramps the sparsity up).
public struct PARPMethod: PruningMethod {
    /// The sparsity in the end.
    public let sparsity: Double
    /// The sparsity at the start: `sparsity` itself for PARP, lower for PARP-P.
    public let startSparsity: Double
    /// The updates after which a mask is due between the start and the end, rising.
    public let masksAfter: [Int]
    /// Updates of the run.
    public let updates: Int

    /// PARP with masks after these updates, such as the ends of epochs, or PARP-P where `startSparsity` is
    /// lower.
    public init(sparsity: Double, startSparsity: Double? = nil, masksAfter: [Int], updates: Int) {
        self.sparsity = sparsity
        self.startSparsity = startSparsity ?? sparsity
        self.masksAfter = masksAfter.filter { 0 < $0 && $0 <= updates }.sorted()
        self.updates = updates
    }

    /// PARP with a mask every `interval` updates; 0 prunes at the start and the end only.
    public init(sparsity: Double, startSparsity: Double? = nil, interval: Int, updates: Int) {
        self.init(
            sparsity: sparsity, startSparsity: startSparsity,
            masksAfter: interval > 0 ? Array(stride(from: interval, through: updates, by: interval)) : [],
            updates: updates)
    }

    /// `parp` or `parp-p`.
    public var name: String { startSparsity < sparsity ? "parp-p" : "parp" }

    /// Every weight moves.
    public var hold: MaskHold { .free }

    /// At the start, between as planned, and at the end.
    public func sparsityDue(afterUpdates done: Int) -> Double? {
        let masks = masks(before: done + 1)
        let isPlanned = masks > 0 && masksAfter[masks - 1] == done
        guard sparsity > 0, done == 0 || isPlanned || done >= updates else { return nil }
        return sparsity(afterUpdates: done)
    }

    /// Rises linearly with each mask, and is the final sparsity at the last.
    ///
    /// Without a mask between the first and the last there is nothing to ramp: the start holds until the end.
    public func sparsity(afterUpdates done: Int) -> Double {
        guard startSparsity < sparsity, done < updates else { return sparsity }
        guard !masksAfter.isEmpty else { return startSparsity }
        let (masks, steps) = (masks(before: done + 1), masksAfter.count)
        // Not by the formula, whose rounding may miss the last step's sparsity by a weight.
        guard masks < steps else { return sparsity }
        return min(sparsity, startSparsity + (sparsity - startSparsity) * Double(masks) / Double(steps))
    }

    /// How many of the planned masks come before so many updates are done.
    private func masks(before update: Int) -> Int {
        var (low, high) = (0, masksAfter.count)
        while low < high {
            let middle = (low + high) / 2
            if masksAfter[middle] < update { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
