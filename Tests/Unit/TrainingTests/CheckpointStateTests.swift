import Foundation
import Testing

@testable import Training

struct CheckpointStateTests {
    @Test("a run goes on from its own checkpoint, and not with another seed")
    func ownRun() throws {
        var state = CheckpointState(update: 7, seed: 3)
        // What a decoder could forget.
        (state.sinceBest, state.endedEarly, state.isEvaluationPending) = (2, true, true)
        state.snapshots = [ModelSnapshot(update: 4, metric: 0.5), ModelSnapshot(update: 6, metric: nil)]
        let read = try JSONDecoder().decode(CheckpointState.self, from: JSONEncoder().encode(state))
        #expect(read == state)
        #expect(read.fault(seed: 3) == nil)
        #expect(read.fault(seed: 4)?.contains("seed 3, not 4") == true)
    }

    @Test("a run whose batches were drawn otherwise is not gone on with")
    func otherPlan() throws {
        let earlier = Data(#"{"update": 7, "seed": 3}"#.utf8)
        let state = try JSONDecoder().decode(CheckpointState.self, from: earlier)
        #expect(state.fault(seed: 3)?.contains("start over in another --output") == true)
    }
}
