package import Kernels
package import Pruning
package import Session
package import Tensors

extension SparseWeights {
    /// Those layers of a model whose weights have so many zeros that they are faster without them; the same on all
    /// ranks, as rank 0 measures it.
    ///
    /// - Parameter isWanted: Whether the user leaves it to us; otherwise there are none.
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
        /// As rank 0 measures it, the same on all ranks.
        case measured
        /// As it was done before: the indices of the layers' slots.
        case earlier([Int])
        /// By their number of zeros alone, where two runs must not differ in a bit.
        case bySparsity
    }

    /// The least share of zeros that `bySparsity` chooses.
    private static let clearSparsity = 0.75

    /// Those layers that train faster by the weights that a mask keeps than by all.
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
