import Synchronization
import Testing

@testable import Training

struct BatchScheduleTests {
    /// Epoch e has e + 1 batches, so that no count of batches repeats.
    private let schedule = BatchSchedule { epoch in (0...epoch).map { [epoch, $0] } }

    @Test("updates run through epochs of any number of batches, one after another")
    func inOrder() {
        var walk = schedule.walk(from: 0)
        let seen = (0..<6).map { _ in walk.nextBatch() }
        #expect(seen.map(\.epoch) == [0, 1, 1, 2, 2, 2])
        #expect(seen.map(\.items) == [[0, 0], [1, 0], [1, 1], [2, 0], [2, 1], [2, 2]])
    }

    @Test("epochs end after the sums of their batches, those within the updates")
    func ends() {
        #expect(schedule.epochEnds(through: 10) == [1, 3, 6, 10])
        #expect(schedule.epochEnds(through: 9) == [1, 3, 6])
        #expect(schedule.epochEnds(through: 0).isEmpty)
    }

    @Test("a walk from any update goes on as one from the first")
    func anyStart() {
        var whole = schedule.walk(from: 0)
        let batches = (0..<20).map { _ in whole.nextBatch().items }
        for start in batches.indices {
            var walk = schedule.walk(from: start)
            #expect(batches[start...].map { _ in walk.nextBatch().items } == Array(batches[start...]))
        }
    }

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
