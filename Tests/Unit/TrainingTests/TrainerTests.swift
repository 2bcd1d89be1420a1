import Collectives
import Tensors
import TestSupport
import Testing

@testable import Training

struct TrainerTests {
    /// A rank's state after some updates.
    private struct Outcome: Sendable {
        let weights: [Float]
        let losses: [Double]
        let skipped: [Bool]
        let items: [[Int]]
        let isAccountedFor: Bool
    }

    private func train(_ task: LeastSquares, ranks: Int, updates: Int = 7) throws -> [Outcome] {
        try runRanks(ThreadCommunicator.ranks(ranks)) { communicator -> Outcome in
            var trainer = try task.trainer(communicator, updates: updates)
            var (losses, skipped, items) = ([Double](), [Bool](), [[Int]]())
            var isAccountedFor = true
            for _ in 0..<updates {
                let report = try trainer.step()
                losses.append(report.loss)
                skipped.append(report.skipped)
                items.append(trainer.lastItems)
                let phases = report.phases
                isAccountedFor = isAccountedFor && phases.wall > 0 && abs(phases.total - phases.wall) < 1e-6
            }
            return Outcome(
                weights: trainer.store.values.all.array(), losses: losses, skipped: skipped, items: items,
                isAccountedFor: isAccountedFor)
        }.map { try $0.get() }
    }

    @Test("all ranks hold the same bits, and any number of ranks learns the same", arguments: [1, 2, 3, 6])
    func anyNumberOfRanks(count: Int) throws {
        let alone = try train(LeastSquares(), ranks: 1)[0]
        let ranks = try train(LeastSquares(), ranks: count)
        for rank in ranks {
            #expect(rank.weights == ranks[0].weights)
            // The order of additions differs, by which sums of five may.
            #expect(zip(rank.weights, alone.weights).allSatisfy { abs($0 - $1) < 1e-5 })
            #expect(rank.skipped == [Bool](repeating: false, count: 7))
            #expect(rank.isAccountedFor, "a step's phases with the rest are its time on the clock")
        }
    }

    @Test("weights learn the items: of the first epoch's loss less than a tenth is left after forty")
    func learns() throws {
        // Forty weights can answer fifteen items exactly; an epoch has each of them once, whatever their order.
        let losses = try train(LeastSquares(), ranks: 2, updates: 120)[0].losses
        let (first, last) = (losses.prefix(3).reduce(0, +), losses.suffix(3).reduce(0, +))
        #expect(last < first / 10, "\(last) of \(first)")
    }

    @Test("each item of a batch is worked on by one rank, and a rank without one takes part")
    func shares() throws {
        let ranks = try train(LeastSquares(), ranks: 6)
        for update in 0..<7 {
            let (epoch, batch) = update.quotientAndRemainder(dividingBy: 3)
            let expected = (0..<LeastSquares.batchSize).map { (7 * epoch + 5 * batch + $0) % 15 }
            #expect(ranks.flatMap { $0.items[update] }.sorted() == expected.sorted())
            #expect(ranks[5].items[update].isEmpty)
        }
    }

    @Test("a reproducible run has the same bits for any number of ranks")
    func reproducible() throws {
        let alone = try train(LeastSquares(parts: 5), ranks: 1)[0]
        for count in [2, 3, 5] {
            for rank in try train(LeastSquares(parts: 5), ranks: count) {
                #expect(rank.weights.map(\.bitPattern) == alone.weights.map(\.bitPattern), "\(count) ranks")
            }
        }
    }

    @Test("an update with a loss that is not finite is left out on all ranks alike", arguments: [1, 3])
    func notFinite(count: Int) throws {
        // Item 7 is in the second batch of the first epoch, and in the first of the second.
        let ranks = try train(LeastSquares(broken: 7), ranks: count, updates: 4)
        for rank in ranks {
            #expect(rank.skipped == [false, true, false, true])
            #expect(rank.weights == ranks[0].weights && rank.weights.allSatisfy(\.isFinite))
        }
    }
}
