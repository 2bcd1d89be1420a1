public import Tensors

/// The weights that pruning ranks: the prunable slots of a layout, one after another (parp.md's P, its size
/// N).
///
/// A weight's index in the pool identifies it in masks and breaks ties; gaps between slots are not in the
/// pool.
public struct PrunablePool: Sendable, Hashable {
    /// A slot with the place of its first weight in the pool.
    public struct Member: Sendable, Hashable {
        /// The parameter.
        public let slot: ParameterSlot
        /// The place of its first weight.
        public let start: Int

        /// The parameter's places.
        public var range: Range<Int> { start..<start + slot.shape.count }
    }

    /// All prunable slots, in the layout's order.
    public let members: [Member]
    /// The number of weights.
    public let count: Int

    /// The pool of a layout, with or without the biases that the authors' code ranks too.
    public init(_ layout: ParameterLayout, includesBiases: Bool = true) {
        var members: [Member] = []
        var count = 0
        for slot in layout.prunableSlots where includesBiases || slot.shape.rank > 1 {
            members.append(Member(slot: slot, start: count))
            count += slot.shape.count
        }
        self.members = members
        self.count = count
    }

    /// How many of the pool's weights are exactly zero in the flat store.
    public func zeroCount(in values: Tensor) -> Int {
        members.reduce(0) { total, member in
            total + values.elements(member.slot.range).buffer.reduce(0) { $0 + ($1 == 0 ? 1 : 0) }
        }
    }

    /// The share of the pool's weights that are exactly zero in the flat store.
    public func sparsity(of values: Tensor) -> Double {
        Double(zeroCount(in: values)) / Double(max(1, count))
    }
}
