internal import Collectives
package import Tensors

/// A task that knows beforehand how much memory its passes will take.
package protocol ActivationPlanning: Sendable {
    /// The most bytes of an arena that a pass of this rank takes in some updates, of very many in the first.
    func activationBytes(
        updates: Range<Int>, rank: Int, rankCount: Int, precision: GEMMPrecision
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
        if let planning = task as? any ActivationPlanning {
            arena.prepare(
                bytes: planning.activationBytes(
                    updates: updates, rank: communicator.rank, rankCount: communicator.size,
                    precision: precision))
        }
        return arena
    }
}
