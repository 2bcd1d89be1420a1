package import Collectives
internal import Program
package import Pruning
internal import Session
internal import Tensors

/// What a re-prune did.
package struct PruneReport: Sendable {
    /// The requested sparsity.
    package let sparsity: Double
    /// Exact zeros in the pool after masking.
    package let pruned: Int
    /// Weights in the pool.
    package let poolSize: Int
    /// The largest magnitude that was pruned.
    package let threshold: Float
    /// Weights kept now that the previous mask had pruned.
    package let revived: Int
    /// Weights kept by this and the previous mask, over weights kept by either; 1 at the first prune.
    let overlapWithPrevious: Double
    /// The same, with the first mask.
    let overlapWithInitial: Double
    /// The mask's hash, the same on all ranks.
    package let hash: UInt64
    /// Seconds of selection, broadcast and application.
    package let seconds: Double
}

/// Computes masks on rank 0, broadcasts them, and applies them identically on all ranks.
///
/// The mask is distributed state: one rank decides, all compare their copies (docs/pruning.md).
package struct MaskAuthority {
    package let pool: PrunablePool
    package let communicator: any Communicator
    package private(set) var current: PruningMask
    private(set) var initial: PruningMask?
    /// What is ranked together.
    package let scope: PruningScope
    /// The first mask, if it is not computed from the weights; only on rank 0.
    var prepared: PruningMask?

    package init(pool: PrunablePool, communicator: any Communicator, scope: PruningScope = .global) {
        self.pool = pool
        self.scope = scope
        self.communicator = communicator
        current = PruningMask.allKept(count: pool.count)
    }

    /// Restores masks from a checkpoint.
    package mutating func restore(current: PruningMask, initial: PruningMask?) {
        self.current = current
        self.initial = initial
    }

    /// The mask selected on rank 0, or the prepared one if it is the first; the same on all ranks.
    package func compute(
        _ select: () throws -> MaskSelection
    ) throws -> (mask: PruningMask, threshold: Float) {
        // Together: rank 0 refuses NaN or infinite weights, and then no rank may wait for it.
        let (selected, threshold) = try Session(communicator: communicator).together {
            () throws -> (PruningMask, Float) in
            if let prepared, initial == nil { return (prepared, 0) }
            guard communicator.rank == 0 else { return (PruningMask.allKept(count: pool.count), 0) }
            let chosen = try select()
            return (chosen.mask, chosen.threshold)
        }
        var words = selected.bits
        try communicator.broadcast(&words, root: 0)
        let mask = PruningMask(bits: words, count: pool.count)
        try communicator.agree(on: mask.hash, what: "the pruning mask")
        return (mask, threshold)
    }

    /// Adopts the mask selected on rank 0; the caller prunes by it.
    ///
    /// - Parameter start: When the work on this mask began, for the report.
    package mutating func update(
        sparsity: Double, since start: Double = monotonicSeconds(), _ select: () throws -> MaskSelection
    ) throws -> PruneReport {
        let (mask, threshold) = try compute(select)
        let report = PruneReport(
            sparsity: sparsity, pruned: pool.count - mask.keptCount, poolSize: pool.count,
            threshold: threshold, revived: mask.revived(since: current),
            overlapWithPrevious: initial == nil
                ? 1 : mask.comparison(with: current).intersectionOverUnion,
            overlapWithInitial: initial.map { mask.comparison(with: $0).intersectionOverUnion } ?? 1,
            hash: mask.hash,
            seconds: monotonicSeconds() - start)
        current = mask
        if initial == nil { initial = mask }
        return report
    }
}
