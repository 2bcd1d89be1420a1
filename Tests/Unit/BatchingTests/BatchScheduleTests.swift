import Batching
import Synchronization
import Testing

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

    @Test("whoever goes through the updates plans each epoch once, however many there are")
    func plansOnce() {
        let plans = PlanCount()
        let schedule = BatchSchedule { epoch in
            plans.count.withLock { $0 += 1 }
            return [[epoch]]
        }
        var walk = schedule.walk(from: 0)
        for update in 0..<12_000 { #expect(walk.nextBatch().epoch == update) }
        #expect(plans.count.withLock { $0 } == 12_000)
    }
}

/// How often an epoch was planned.
private final class PlanCount: Sendable {
    let count = Mutex(0)
}
