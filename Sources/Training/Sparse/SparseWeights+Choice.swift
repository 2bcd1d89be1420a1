package import Kernels
package import Pruning
package import Session
package import Tensors

extension SparseWeights {
    /// The layers of a model with enough zero weights that skipping them is faster; measured by rank 0, the
    /// same on all ranks.
    ///
    /// - Parameter isWanted: Whether the user allows it; otherwise there are none.
    package static func forInference(
        _ store: borrowing ParameterStore, isWanted: Bool, session: Session
    ) throws -> SparseWeights {
        var weights = SparseWeights(training: false)
        guard isWanted else { return weights }
        let values = store.values.all
        let parameters = store.views
        func kept(_ slot: ParameterSlot) -> KeptWeights { KeptWeights(nonzeroOf: parameters.value(slot)) }
        var probe = LinearProbe()
        let candidates = session.isRoot ? store.layout.prunableSlots.filter { $0.shape.rank == 2 } : []
        let chosen = candidates.filter {
            probe.prefersSparse(parameters.value($0), kept($0), for: .inference)
        }
        for index in try session.share(chosen.map(\.index)) {
            let slot = store.layout.slots[index]
            weights.add(slot, kept: kept(slot), values: values)
        }
        return weights
    }

    /// The layers that train faster with only the weights that a mask keeps; the same on all ranks.
    ///
    /// - Parameters:
    ///   - gradients: Which gradients of their weights the updates under this mask need.
    ///   - choice: How they are chosen; keeps what rank 0 measured.
    package static func forTraining(
        _ store: borrowing ParameterStore, mask: PruningMask, pool: PrunablePool,
        gradients: SparseGradients, choice: inout SparseChoice, session: Session
    ) throws -> SparseWeights {
        var weights = SparseWeights(training: true)
        let parameters = store.views
        func kept(_ member: PrunablePool.Member) -> KeptWeights {
            KeptWeights(
                words: mask.bits, firstBit: member.start, rows: member.slot.shape.rows,
                columns: member.slot.shape.columns)
        }
        let members = pool.members.filter { $0.slot.shape.rank == 2 }
        let chosen = (session.isRoot ? members : []).filter {
            choice.isSparse(parameters.value($0.slot), kept($0), for: .training(gradients))
        }
        let indices = Set(try session.share(chosen.map(\.slot.index)))
        for member in members where indices.contains(member.slot.index) {
            weights.add(member.slot, kept: kept(member), values: store.values.all)
        }
        return weights
    }
}
