internal import Collectives
package import Kernels
package import Tensors

/// A task that knows in advance how much memory its passes will take.
package protocol ActivationPlanning: Sendable {
    /// The most arena bytes that a pass of this rank takes in a range of updates; of very many, in the first
    /// ones.
    ///
    /// - Parameter sparseSlots: The indices of the slots with sparse products.
    func activationBytes(
        updates: Range<Int>, rank: Int, rankCount: Int, precision: GEMMPrecision, sparseSlots: Set<Int>
    ) -> Int
}

extension Trainer {
    /// An arena with memory for the largest pass of the remaining updates.
    ///
    /// It is allocated now: no update waits for it, and a batch that does not fit ends the run before it
    /// begins.
    static func preparedArena(
        for task: Task, updates: Range<Int>, communicator: any Communicator, precision: GEMMPrecision
    ) -> Arena {
        var arena = Arena()
        arena.prepare(
            bytes: plannedBytes(
                of: task, updates: updates, communicator: communicator, precision: precision, sparseSlots: [])
        )
        return arena
    }

    /// Lets layers multiply only the weights that a mask keeps, from the next update on.
    ///
    /// Their products need more scratch memory than dense ones: the arena gets it now.
    package mutating func multiply(_ weights: consuming SparseWeights) {
        sparse = weights
        guard !plannedSparse.isSuperset(of: sparse.layers.keys) else { return }
        plannedSparse.formUnion(sparse.layers.keys)
        arena.prepare(
            bytes: Self.plannedBytes(
                of: task, updates: update..<max(update, updates), communicator: communicator,
                precision: store.precision, sparseSlots: plannedSparse))
    }

    /// The bytes of the largest pass of a range of updates; 0 for a task that does not know in advance.
    private static func plannedBytes(
        of task: Task, updates: Range<Int>, communicator: any Communicator, precision: GEMMPrecision,
        sparseSlots: Set<Int>
    ) -> Int {
        guard let planning = task as? any ActivationPlanning else { return 0 }
        return planning.activationBytes(
            updates: updates, rank: communicator.rank, rankCount: communicator.size, precision: precision,
            sparseSlots: sparseSlots)
    }
}
