internal import Tensors

/// What is ranked together when pruning a share of the weights.
public enum PruningScope: String, Sendable, CaseIterable {
    /// The whole pool in one ranking, as in PARP: layers differ in sparsity.
    case global
    /// Every Transformer block separately: all have the same sparsity.
    case layer
    /// Every matrix, and every bias, separately, as in movement pruning and RigL.
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
