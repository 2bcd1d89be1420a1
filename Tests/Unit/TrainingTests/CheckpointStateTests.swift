import Foundation
import Testing

@testable import Training

struct CheckpointStateTests {
    @Test("a run continues from its own checkpoint, but not with another seed")
    func ownRun() throws {
        var state = CheckpointState(update: 7, seed: 3)
        // What a decoder could forget.
        (state.sinceBest, state.endedEarly, state.isEvaluationPending) = (2, true, true)
        state.snapshots = [ModelSnapshot(update: 4, metric: 0.5), ModelSnapshot(update: 6, metric: nil)]
        let read = try JSONDecoder().decode(CheckpointState.self, from: JSONEncoder().encode(state))
        state.sparseChoice = .measured(LinearProbe())
        #expect(read != state)
        let again = try JSONDecoder().decode(CheckpointState.self, from: JSONEncoder().encode(state))
        #expect(again == state)
        #expect(read.fault(seed: 3) == nil)
        #expect(read.fault(seed: 4)?.contains("seed 3, not 4") == true)
    }

    @Test("a run whose batches were drawn differently is not continued")
    func otherPlan() throws {
        let earlier = Data(#"{"update": 7, "seed": 3}"#.utf8)
        let state = try JSONDecoder().decode(CheckpointState.self, from: earlier)
        #expect(state.fault(seed: 3)?.contains("start over in another --output") == true)
    }
}
