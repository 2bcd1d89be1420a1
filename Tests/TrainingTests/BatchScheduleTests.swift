import Testing

@testable import Training

struct BatchScheduleTests {
    /// Epoch e has e + 1 batches, so that no count of batches repeats.
    private let schedule = BatchSchedule { epoch in (0...epoch).map { [epoch, $0] } }

    @Test("updates run through epochs of any number of batches, one after another")
    func inOrder() {
        let seen = (0..<6).map { schedule.batch(update: $0) }
        #expect(seen.map(\.epoch) == [0, 1, 1, 2, 2, 2])
        #expect(seen.map(\.items) == [[0, 0], [1, 0], [1, 1], [2, 0], [2, 1], [2, 2]])
    }

    @Test("epochs end after the sums of their batches, those within the updates")
    func ends() {
        #expect(schedule.epochEnds(through: 10) == [1, 3, 6, 10])
        #expect(schedule.epochEnds(through: 9) == [1, 3, 6])
        #expect(schedule.epochEnds(through: 0).isEmpty)
    }

    @Test("asking back gives what was given before")
    func anyOrder() {
        let forward = (0..<20).map { schedule.batch(update: $0).items }
        let backward = (0..<20).reversed().map { schedule.batch(update: $0).items }
        #expect(forward == backward.reversed())
    }
}
