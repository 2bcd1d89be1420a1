internal import CMath
public import Tensors

extension PruningMask {
    /// Zeroes the pruned weights, in place, and touches nothing else.
    public func apply(to values: Tensor, pool: PrunablePool) {
        precondition(count == pool.count, "a mask of \(count) weights for a pool of \(pool.count)")
        for member in pool.members {
            let weights = values.elements(member.slot.range)
            parp_apply_mask(weights.pointer, Int64(weights.count), words(of: member))
        }
    }

    /// A parameter's bits, 64 a word from its first weight on.
    func words(of member: PrunablePool.Member) -> [UInt64] {
        stride(from: member.range.lowerBound, to: member.range.upperBound, by: 64).map {
            word(at: $0, limit: member.range.upperBound)
        }
    }

    /// Calls with the place in the flat store of each pruned weight, in the pool's order.
    func forEachPruned(_ pool: PrunablePool, _ body: (Int) -> Void) {
        precondition(count == pool.count, "a mask of \(count) weights for a pool of \(pool.count)")
        for member in pool.members {
            let shift = member.slot.offset - member.start
            for start in stride(from: member.range.lowerBound, to: member.range.upperBound, by: 64) {
                let limit = member.range.upperBound
                var pruned = ~word(at: start, limit: limit)
                if limit - start < 64 { pruned &= (1 << UInt64(limit - start)) - 1 }
                while pruned != 0 {
                    body(start + pruned.trailingZeroBitCount + shift)
                    pruned &= pruned - 1
                }
            }
        }
    }
}

/// The weights that a mask prunes, set aside while the pruned model is evaluated.
///
/// Training continues with exactly the bits it had: PARP's pruned weights move between re-prunes.
public struct SetAsideWeights: ~Copyable {
    private let mask: PruningMask
    private let pool: PrunablePool
    private var weights: [Float]

    /// Sets the pruned weights aside and zeroes them.
    public init(_ mask: PruningMask, values: Tensor, pool: PrunablePool) {
        self.mask = mask
        self.pool = pool
        var weights: [Float] = []
        weights.reserveCapacity(mask.prunedCount)
        mask.forEachPruned(pool) {
            weights.append(values[$0])
            values[$0] = 0
        }
        self.weights = weights
    }

    /// Restores them.
    public consuming func restore(to values: Tensor) {
        var next = 0
        mask.forEachPruned(pool) {
            values[$0] = weights[next]
            next += 1
        }
    }
}
