import Collectives
import Pruning
import Tensors
import TestSupport
import Testing

@testable import Training

struct MaskAuthorityTests {
    private let layout = LeastSquares().layout

    @Test("rank 0's weights decide the mask of all ranks, and every report says the same")
    func rootDecides() throws {
        let layout = layout
        let ranks = try runRanks(ThreadCommunicator.ranks(3)) { communicator in
            let values = FlatBuffer(count: layout.count)
            let pool = PrunablePool(layout)
            for index in 0..<pool.count {
                // On the other ranks the largest weights are the smallest.
                let size = communicator.rank == 0 ? index + 1 : pool.count - index
                values.all[index] = Float(index % 2 == 0 ? size : -size)
            }
            var masks = MaskAuthority(pool: pool, communicator: communicator)
            func prune() throws -> PruneReport {
                let report = try masks.update(sparsity: 0.25) {
                    try magnitudeMask(values: values.all, pool: pool, sparsity: 0.25)
                }
                masks.current.apply(to: values.all, pool: pool)
                return report
            }
            let first = try prune()
            let zeros = (0..<pool.count).filter { values.all[$0] == 0 }
            // A pruned weight comes back, and the smallest of the rest goes.
            values.all[0] = 100
            let second = try prune()
            return (first, second, zeros, masks.current.hash)
        }.map { try $0.get() }
        for (first, second, zeros, hash) in ranks {
            #expect(zeros == Array(0..<10) && first.pruned == 10 && first.poolSize == 40)
            #expect(first.overlapWithPrevious == 1 && first.overlapWithInitial == 1)
            #expect(second.revived == 1 && second.overlapWithInitial == second.overlapWithPrevious)
            // 29 of 31 kept weights are shared.
            #expect(abs(second.overlapWithPrevious - 29.0 / 31) < 1e-12)
            #expect(hash == ranks[0].3 && second.hash == hash)
        }
    }

    @Test("NaN weights on rank 0 are refused on all ranks: none waits for it")
    func refused() {
        let layout = layout
        let outcomes = runRanks(ThreadCommunicator.ranks(3)) { communicator in
            let values = FlatBuffer(count: layout.count)
            values.all[3] = communicator.rank == 0 ? .nan : 1
            let pool = PrunablePool(layout)
            let masks = MaskAuthority(pool: pool, communicator: communicator)
            return try masks.compute { try magnitudeMask(values: values.all, pool: pool, sparsity: 0.5) }
                .mask.prunedCount
        }
        for outcome in outcomes { #expect(throws: (any Error).self) { try outcome.get() } }
    }
}
