internal import CMath
public import Tensors

/// A method's state during a run besides weights and moments: the values of masked weights, and scores.
///
/// While a mask hides values, the flat store holds w ⊙ m for forward and backward, and the values of the pool
/// are here. Code that changes weights or mask shows the values first and hides them afterwards.
public struct PruningState: ~Copyable {
    /// The method.
    public let method: PruningMethod
    /// What is pruned.
    public let pool: PrunablePool
    /// The scores; empty for a method without any.
    public let scores: PruningScores
    private let behind: FlatBuffer
    private let places: Set<Int>
    /// The mask that currently hides values.
    private(set) var hidden: PruningMask?

    /// The state at the start of a run, for a flat store of this many elements.
    public init(method: PruningMethod, pool: PrunablePool, elementCount: Int) {
        self.method = method
        self.pool = pool
        places = Set(pool.members.map(\.slot.index))
        let (keeps, hasScores) = (method.axes.keepsValues, method.axes.keepsScores)
        behind = FlatBuffer(count: keeps && method.sparsity > 0 ? elementCount : 0)
        scores = PruningScores(
            pool: pool, elementCount: hasScores && method.sparsity > 0 ? elementCount : 0,
            areTrained: method.axes.score == .learned)
    }

    /// The state of a run that does not prune: none.
    public init() {
        self.init(method: .dense, pool: PrunablePool(ParameterLayout()), elementCount: 0)
    }

    /// Starts scores that are trained from the weights of a run that begins.
    public func begin(values: Tensor) {
        if scores.firstMoment != nil { scores.copy(from: values) }
    }

    /// Saves the values of the pool and zeroes the pruned ones in the store.
    public mutating func hide(_ mask: PruningMask, in values: Tensor) {
        precondition(mask.count == pool.count, "a mask of \(mask.count) weights for \(pool.count)")
        precondition(hidden == nil && behind.count == values.count, "values are hidden, or have no room")
        for member in pool.members {
            let weights = values.elements(member.slot.range)
            parp_hide_pruned(
                weights.pointer, behind[member.slot.range].pointer, Int64(weights.count),
                mask.words(of: member))
        }
        hidden = mask
    }

    /// Restores the values in the store, and returns the mask that hid them; nil if none did.
    @discardableResult
    public mutating func show(in values: Tensor) -> PruningMask? {
        guard let mask = hidden else { return nil }
        for member in pool.members {
            values.elements(member.slot.range).copy(from: behind[member.slot.range])
        }
        hidden = nil
        return mask
    }

    /// The values of the pool, hidden or not, in the flat store's places.
    public func shown(_ values: Tensor) -> Tensor { hidden == nil ? values : behind.all }

    /// A parameter's values, hidden or not.
    public func shown(_ slot: ParameterSlot, in values: Tensor) -> Tensor {
        (places.contains(slot.index) ? shown(values) : values).elements(slot.range)
    }

    /// The mask due after this many updates: prunes exactly round(s · N) of each group of the scope.
    ///
    /// Scores not yet changed by an update are meaningless: a run's first mask is by magnitude.
    ///
    /// - Parameter earlier: The mask until now; nil before the first.
    /// - Throws: `PruningError` if a weight or score is NaN, naming its parameter.
    public func selectMask(
        afterUpdates done: Int, sparsity: Double, values: Tensor, earlier: PruningMask?, scope: PruningScope
    ) throws(PruningError) -> MaskSelection {
        let weights = shown(values)
        func select(_ scores: Tensor, _ order: SelectionOrder) throws(PruningError) -> MaskSelection {
            try Pruning.selectMask(
                scores: scores, order: order, pool: pool, sparsity: sparsity, scope: scope)
        }
        switch method.axes.score {
        case .magnitude: return try select(weights, .magnitude)
        case .movement: return try done > 0 ? select(scores.values, .value) : select(weights, .magnitude)
        case .magnitudeMovement:
            let joined = scores.joined(with: weights)
            return try select(joined.all, .value)
        case .learned: return try select(scores.values, .magnitude)
        case .gradient:
            guard let earlier, done > 0 else { return try select(weights, .magnitude) }
            return try regrownMask(
                values: weights, gradients: scores.values, pool: pool, sparsity: sparsity, scope: scope,
                from: earlier, share: method.regrownShare(afterUpdates: done))
        }
    }
}
