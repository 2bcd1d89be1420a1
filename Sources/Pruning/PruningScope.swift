internal import Tensors

/// What is ranked together when a share of the weights is to be pruned.
public enum PruningScope: String, Sendable, CaseIterable {
    /// The whole pool in one ranking, as PARP has it: layers differ in sparsity.
    case global
    /// Every Transformer block by itself: all have the same sparsity.
    case layer
    /// Every matrix, and every bias, by itself, as movement pruning and RigL have it.
    case parameter
}

extension PrunablePool {
    /// The parameters that are ranked together, each group a run of the pool.
    public func groups(_ scope: PruningScope) -> [ArraySlice<Member>] {
        switch scope {
        case .global: return [members[...]]
        case .parameter: return members.indices.map { members[$0...$0] }
        case .layer:
            let layers = members.map(\.slot.role.layer)
            let starts = members.indices.filter { $0 == 0 || layers[$0] != layers[$0 - 1] }
            return zip(starts, starts.dropFirst() + [members.count]).map { members[$0..<$1] }
        }
    }
}

extension ArraySlice<PrunablePool.Member> {
    /// The places of a group in the pool.
    public var poolRange: Range<Int> {
        guard let first, let last else { return 0..<0 }
        return first.start..<last.range.upperBound
    }
}
