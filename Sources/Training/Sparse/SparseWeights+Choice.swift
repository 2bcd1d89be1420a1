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
        var probe = LinearProbe(.inference)
        let candidates = session.isRoot ? store.layout.prunableSlots.filter { $0.shape.rank == 2 } : []
        let chosen = candidates.filter { probe.prefersSparse(parameters.value($0), kept($0)) }
        for index in try session.share(chosen.map(\.index)) {
            let slot = store.layout.slots[index]
            weights.add(slot, kept: kept(slot), values: values)
        }
        return weights
    }

    /// How layers are chosen for training.
    package enum Choice {
        /// By rank 0's measurement, the same on all ranks.
        case measured
        /// As chosen before: the indices of the layers' slots.
        case earlier([Int])
        /// Only by their share of zeros, if two runs must not differ in a bit.
        case bySparsity
    }

    /// The least share of zeros that `bySparsity` chooses.
    private static let clearSparsity = 0.75

    /// The layers that train faster with only the weights that a mask keeps.
    package static func forTraining(
        _ store: borrowing ParameterStore, mask: PruningMask, pool: PrunablePool, choice: Choice,
        session: Session
    ) throws -> SparseWeights {
        var weights = SparseWeights(training: true)
        let parameters = store.views
        func kept(_ member: PrunablePool.Member) -> KeptWeights {
            KeptWeights(
                words: mask.bits, firstBit: member.start, rows: member.slot.shape.rows,
                columns: member.slot.shape.columns)
        }
        let members = pool.members.filter { $0.slot.shape.rank == 2 }
        let indices: [Int]
        switch choice {
        case .measured:
            var probe = LinearProbe(.training)
            let chosen = (session.isRoot ? members : []).filter {
                probe.prefersSparse(parameters.value($0.slot), kept($0))
            }
            indices = try session.share(chosen.map(\.slot.index))
        case .earlier(let chosen): indices = chosen
        case .bySparsity:
            indices = members.filter { kept($0).sparsity >= clearSparsity }.map(\.slot.index)
        }
        for member in members where indices.contains(member.slot.index) {
            weights.add(member.slot, kept: kept(member), values: store.values.all)
        }
        return weights
    }
}
