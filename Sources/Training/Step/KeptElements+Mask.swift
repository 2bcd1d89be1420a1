package import Collectives
package import Pruning
internal import Tensors

extension KeptElements {
    /// What a mask that no longer changes keeps of a flat store: all but the pool's pruned weights.
    package init(_ mask: PruningMask, pool: PrunablePool, elementCount: Int) {
        precondition(mask.count == pool.count, "a mask of \(mask.count) weights, a pool of \(pool.count)")
        var words = [UInt64](repeating: .max, count: (elementCount + 63) / 64)
        for member in pool.members {
            for index in 0..<member.slot.shape.count where !mask[member.start + index] {
                let element = member.slot.offset + index
                words[element / 64] &= ~(1 << UInt64(element % 64))
            }
        }
        self.init(words: words)
    }
}
