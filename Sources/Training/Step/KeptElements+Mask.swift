package import Pruning
package import Tensors

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

extension MaskAuthority {
    /// What the current mask keeps of a flat store of this many elements.
    func keptElements(of elementCount: Int) -> KeptElements {
        KeptElements(current, pool: pool, elementCount: elementCount)
    }

    /// The same if the method holds pruned weights at 0 after this many updates; nil if it does not, or
    /// there is no mask yet.
    func heldElements(
        under method: PruningMethod, afterUpdates done: Int, of elementCount: Int
    ) -> KeptElements? {
        initial != nil && method.isHeld(afterUpdates: done) ? keptElements(of: elementCount) : nil
    }
}
