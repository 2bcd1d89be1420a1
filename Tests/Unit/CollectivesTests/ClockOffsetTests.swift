import TestSupport
import Testing

@testable import Collectives

struct ClockOffsetTests {
    @Test(
        "clocks that differ are found to, within what is said to be uncertain", arguments: [0, 12.5, -3600])
    func findsOffset(ahead: Double) throws {
        let start = ContinuousClock.now
        let outcomes = runRanks(ThreadCommunicator.ranks(3)) { communicator in
            // Rank 1 has a clock of its own.
            try communicator.clockOffset {
                (ContinuousClock.now - start) / .seconds(1) + (communicator.rank == 1 ? ahead : 0)
            }
        }
        let offsets = try outcomes.map { try $0.get() }
        #expect(offsets[0] == ClockOffset(seconds: 0, uncertainty: 0))
        for (rank, expected) in [(1, -ahead), (2, 0)] {
            #expect(abs(offsets[rank].seconds - expected) <= offsets[rank].uncertainty + 1e-9)
            // Far more than threads need to meet, far less than the clocks differ by.
            #expect(offsets[rank].uncertainty < 1)
        }
    }
}
