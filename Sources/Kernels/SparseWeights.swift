public import Tensors

/// The kept weights of a model's sparse layers, in addition to the dense ones from which they are taken.
public struct SparseWeights: ~Copyable {
    private var memory = Arena()
    /// The layers' weights by slot index, for `ParameterViews`.
    public private(set) var layers: [Int: SparseWeight] = [:]
    private var slots: [ParameterSlot] = []
    private let isTraining: Bool

    /// No layers yet.
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

    /// Updates all values from the changed flat store.
    public func refresh(from values: Tensor) {
        for slot in slots { layers[slot.index]?.gather(values.elements(slot.range)) }
    }
}

extension ParameterViews {
    /// The same parameters, with some layers multiplying only their kept weights.
    ///
    /// - Parameter gradients: Which gradients of those layers' weights backward accumulates.
    public func multiplying(
        _ sparse: borrowing SparseWeights, gradients: SparseGradients = .kept
    ) -> ParameterViews {
        var views = self
        views.sparseWeights = sparse.layers
        views.sparseGradients = gradients
        return views
    }
}
