internal import Collectives
package import Kernels
package import Tensors

/// A task that knows beforehand how much memory its passes will take.
package protocol ActivationPlanning: Sendable {
    /// The most bytes of an arena that a pass of this rank takes in some updates, of very many in the first.
    ///
    /// - Parameter sparseSlots: The indices of the slots that are multiplied by sparse products.
    func activationBytes(
        updates: Range<Int>, rank: Int, rankCount: Int, precision: GEMMPrecision, sparseSlots: Set<Int>
    ) -> Int
}

extension Trainer {
    /// An arena with the memory of the largest pass of the updates to come.
    ///
    /// It is taken from the system now: no update waits for it, and a batch that does not fit ends the run before it
    /// has begun.
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

    /// Lets layers multiply the weights that a held mask keeps alone from the next update on.
    ///
    /// Their products take scratch that dense ones do not: the arena gets it now.
    package mutating func multiply(_ weights: consuming SparseWeights) {
        sparse = weights
        guard !sparse.layers.isEmpty else { return }
        arena.prepare(
            bytes: Self.plannedBytes(
                of: task, updates: update..<max(update, updates), communicator: communicator,
                precision: store.precision, sparseSlots: Set(sparse.layers.keys)))
    }

    /// The bytes of the largest pass of some updates; 0 of a task that does not know beforehand.
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
