internal import Kernels
internal import Tensors

/// A random mask that holds weights of a store at 0, with the layers that multiply the others alone.
struct HeldMask: ~Copyable {
    private(set) var sparse = SparseWeights(training: true)
    private var pruned: [Int] = []

    /// Holds nothing.
    init() {}

    /// Zeroes a share of the prunable weights.
    ///
    /// - Parameter sparsely: Whether all layers multiply the others alone, whatever is faster.
    init(_ share: Double, of store: borrowing ParameterStore, sparsely: Bool) {
        let random = CountedRandom(seed: 5, stream: .randomMask)
        for slot in store.layout.prunableSlots where slot.shape.rank == 2 {
            for index in slot.range where random.uniform(at: UInt64(index)) < share {
                pruned.append(index)
                store.values.all[index] = 0
            }
            guard sparsely else { continue }
            let weight = store.views.value(slot)
            sparse.add(slot, kept: KeptWeights(nonzeroOf: weight), values: store.values.all)
        }
    }

    /// Keeps gradients from moving what is held.
    func clearGradients(of store: borrowing ParameterStore) {
        for index in pruned { store.gradients.all[index] = 0 }
    }
}
