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
}
