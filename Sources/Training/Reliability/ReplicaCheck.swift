internal import Collectives
internal import Program
internal import Pruning
internal import Session
internal import Tensors

/// Compares the replicas of all ranks: weights, moments and masks must have the same bits.
///
/// An all-reduce need not give all ranks the same bits, memory fails, and binaries differ: replicas that have
/// drifted apart would go on training unnoticed.
struct ReplicaCheck {
    let session: Session

    /// Compares one hash of everything and, only where ranks differ, those of all tensors.
    ///
    /// - Throws: On all ranks alike, the first tensor that differs and the ranks that hold it.
    func compare(
        _ store: borrowing ParameterStore, pruning: borrowing PruningState, masks: MaskAuthority, update: Int
    ) throws {
        let own = Self.hashes(store, pruning: pruning, masks: masks)
        var whole = ContentHash()
        whole.combine(own.map(\.value))
        let communicator = session.communicator
        guard Set(try communicator.allGather([whole.value])).count > 1 else { return }
        let all = try communicator.allGather(own.map(\.value))
        let hosts = try session.exchange(communicator.hostName)
        guard let place = own.indices.first(where: { index in Set(all.map { $0[index] }).count > 1 })
        else { return }
        let held = all.map { $0[place] }
        // The majority counts as right; of two ranks, rank 0.
        let votes = Dictionary(grouping: held.indices) { held[$0] }
        let right = held[votes.values.max { ($0.count, -$0[0]) < ($1.count, -$1[0]) }?[0] ?? 0]
        let differing = held.indices.filter { held[$0] != right }
            .map { "rank \($0) on \(hosts[$0])" }.joined(separator: ", ")
        throw CollectiveFailure(
            .fault,
            "replica check after update \(update): \(own[place].what) of \(differing) differ from the other ranks'; "
                + "the replicas are no longer one model. Look for failing memory or other binaries there, then resume "
                + "with --resume from the last checkpoint")
    }

    private static func hashes(
        _ store: borrowing ParameterStore, pruning: borrowing PruningState, masks: MaskAuthority
    ) -> [(what: String, value: UInt64)] {
        var hashes: [(what: String, value: UInt64)] = []
        for slot in store.layout.slots {
            let places = store.moments.places(of: slot.range)
            hashes += [
                (
                    "the weights \(slot.name)",
                    contentHash(pruning.shown(slot, in: store.values.all)).value
                ),
                ("the first moments of \(slot.name)", contentHash(store.moments.first[places]).value),
                ("the second moments of \(slot.name)", contentHash(store.moments.second[places]).value),
            ]
        }
        for slot in pruning.pool.members.map(\.slot) {
            hashes += pruning.scores.parts.map {
                ("the \($0.name) of \(slot.name)", contentHash($0.tensor.elements(slot.range)).value)
            }
        }
        hashes.append(("the mask's bits", masks.current.hash))
        if let initial = masks.initial { hashes.append(("the first mask's bits", initial.hash)) }
        return hashes
    }
}
