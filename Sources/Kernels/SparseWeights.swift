public import Tensors

/// The kept weights of those layers of a model that multiply sparsely, beside the dense ones that they are taken from.
public struct SparseWeights: ~Copyable {
    private var memory = Arena()
    /// The layers' weights by the index of their slot, as `ParameterViews` takes them.
    public private(set) var layers: [Int: SparseWeight] = [:]
    private var slots: [ParameterSlot] = []
    private let isTraining: Bool

    /// No layer yet.
    ///
    /// - Parameter training: Whether backward is possible.
    public init(training: Bool) { isTraining = training }

    /// Adds a layer, taking its values from the flat store.
    public mutating func add(_ slot: ParameterSlot, kept: KeptWeights, values: Tensor) {
        precondition(
            kept.rows == slot.shape.rows && kept.columns == slot.shape.columns,
            "\(slot.name): a mask of \(kept.rows) × \(kept.columns)")
        let weight = SparseWeight(kept, training: isTraining, arena: &memory)
        weight.gather(values.elements(slot.range))
        layers[slot.index] = weight
        slots.append(slot)
    }

    /// Takes all values from the flat store, which has changed.
    public func refresh(from values: Tensor) {
        for slot in slots { layers[slot.index]?.gather(values.elements(slot.range)) }
    }
}

extension ParameterViews {
    /// The same parameters, some of whose layers multiply their kept weights alone.
    public func multiplying(_ sparse: borrowing SparseWeights) -> ParameterViews {
        var views = self
        views.sparseWeights = sparse.layers
        return views
    }
}
