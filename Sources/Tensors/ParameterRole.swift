/// A parameter's role in pruning: PARP ranks only the Transformer's projections (docs/pruning.md).
public enum ParameterRole: Sendable, Hashable {
    /// It is in the pool: a projection of a Transformer block, counted from 0, or of none.
    case prunable(layer: Int?, kind: ProjectionKind)
    /// Everything else: convolutions, norms, the mask embedding, the head.
    case kept

    /// Whether it is in the pool.
    public var isPrunable: Bool { self != .kept }

    /// The Transformer block of a pool parameter; nil if it is in none.
    public var layer: Int? {
        if case .prunable(let layer, _) = self { layer } else { nil }
    }

    /// The projection.
    public var kind: ProjectionKind {
        if case .prunable(_, let kind) = self { kind } else { .other }
    }
}

/// The projections of a Transformer block, in pool order.
public enum ProjectionKind: String, Sendable, CaseIterable {
    /// Keys of attention.
    case key = "k"
    /// Values of attention.
    case value = "v"
    /// Queries of attention.
    case query = "q"
    /// Attention's output.
    case output = "out"
    /// The first feed-forward layer.
    case firstFeedForward = "fc1"
    /// The second feed-forward layer.
    case secondFeedForward = "fc2"
    /// Anything else.
    case other
}
