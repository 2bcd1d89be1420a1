import Batching
import Kernels
import Synchronization
import Testing

@testable import JSON
@testable import Training

struct RankWorkTests {
    @Test("a rank's work of 12,000 epochs of one update plans each epoch once")
    func plans() {
        let count = PlanCount()
        let schedule = BatchSchedule { epoch in
            count.plans.add(1, ordering: .relaxed)
            return [[epoch, -epoch]]
        }
        var work = RankWork(schedule, updates: 0..<12_000) { $0.map { [$0] } }
        var pieces: [RankPiece] = []
        while let piece = work.next() { pieces.append(piece) }
        #expect(pieces.count == 24_000)
        #expect(count.plans.load(ordering: .relaxed) == 12_000)
    }

    @Test("every update has a first and a last piece, also one that leaves a rank nothing to do")
    func pieces() {
        let schedule = BatchSchedule { [[$0], []] }
        var work = RankWork(schedule, updates: 1..<4) { $0.isEmpty ? [] : [$0, [7]] }
        let pieces = (0..<5).map { _ in work.next() }
        #expect(
            pieces == [
                RankPiece(update: 1, items: nil, isFirst: true, isLast: true),
                RankPiece(update: 2, items: [1], isFirst: true, isLast: false),
                RankPiece(update: 2, items: [7], isFirst: false, isLast: true),
                RankPiece(update: 3, items: nil, isFirst: true, isLast: true), nil,
            ])
    }
}

/// A class: the planning closure counts in it.
private final class PlanCount: Sendable {
    let plans = Atomic(0)
}
