internal import Tensors

extension PruningMask {
    /// The share of a tensor's weights above which it counts as lost.
    private static let lostShare = 0.99

    /// A sentence for each matrix of the pool that a mask of lower sparsity has nearly emptied: its weights
    /// have another scale than the rest, and its function is lost.
    public func remarks(on pool: PrunablePool) -> [String] {
        guard sparsity < Self.lostShare else { return [] }
        return pool.members.filter { $0.slot.shape.rank > 1 }.compactMap { member in
            let pruned = member.range.count - keptCount(in: member.range)
            guard Double(pruned) > Self.lostShare * Double(member.range.count) else { return nil }
            return
                "warning: \(pruned) of the \(member.range.count) weights of \(member.slot.name) are pruned: they are "
                + "far smaller than the rest of the pool; leave them out of it"
        }
    }
}
