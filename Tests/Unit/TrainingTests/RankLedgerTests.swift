import Recipe
import Testing

@testable import Training

struct RankLedgerTests {
    private func note(data: Double = 0, compute: Double, workload: Double = 1) -> RankNote {
        var phases = StepPhases()
        phases.add(.data, from: 0, to: data)
        phases.add(.backward, from: 0, to: compute)
        return RankNote(isInterrupted: false, phases: phases, workload: workload)
    }

    @Test("what a rank did not work it waited, for the slowest of each update")
    func waiting() {
        var ledger = RankLedger(hosts: ["a", "a", "b"], unit: .audio)
        ledger.add([note(compute: 1), note(data: 2, compute: 2), note(compute: 2)])
        ledger.add([note(compute: 3), note(compute: 1), note(compute: 2)])
        #expect(ledger.entries.map(\.wait) == [3, 2, 3])
        #expect(ledger.entries.map(\.slowest) == [1, 1, 0])
        #expect(ledger.entries[1].data == 2 && ledger.entries[1].compute == 3)
        #expect(ledger.last.rank == 0 && ledger.last.seconds == 3 && ledger.last.median == 2)
    }

    @Test("a rank is spoken of only if it takes notably longer, with what it was busy with")
    func remark() {
        var even = RankLedger(hosts: ["a", "b", "c"], unit: .audio)
        even.add([note(compute: 1), note(compute: 1.05), note(compute: 1)])
        #expect(even.remark == nil)
        var uneven = RankLedger(hosts: ["a", "b", "c"], unit: .audio)
        uneven.add([note(compute: 1), note(compute: 1), note(data: 1.5, compute: 1)])
        #expect(
            uneven.remark
                == "slow rank: 2 on c, 150 % more seconds for a second of audio than the median rank, "
                + "mostly waiting for audio; the slowest in 1 of 1 updates")
    }

    @Test("a rank that has more audio is not called slow, but its share uneven")
    func unevenShares() throws {
        var ledger = RankLedger(hosts: ["a", "b", "c"], unit: .audio)
        ledger.add([
            note(compute: 3, workload: 6), note(compute: 1.5, workload: 3), note(compute: 1.5, workload: 3),
        ])
        let remark = try #require(ledger.remark)
        #expect(remark.hasPrefix("uneven shares: rank 0 had 100 % more audio than the median rank;"))
    }

    @Test("ranks that never had work are counted, and no rank is compared with them")
    func idleRanks() throws {
        var ledger = RankLedger(hosts: ["a", "b", "c"], unit: .audio)
        ledger.add([
            note(compute: 2, workload: 4), note(data: 0.05, compute: 1e-6, workload: 0),
            note(data: 0.01, compute: 0, workload: 0),
        ])
        let remark = try #require(ledger.remark)
        #expect(remark.hasPrefix("uneven shares: 2 of 3 ranks never had any audio;"), "\(remark)")
        #expect(!remark.contains("%"))
    }

    @Test("what is many times slower is told as a factor, not as a percentage of many digits")
    func factors() throws {
        var ledger = RankLedger(hosts: ["a", "b", "c"], unit: .audio)
        ledger.add([note(compute: 0.001), note(compute: 0.001), note(compute: 37)])
        let remark = try #require(ledger.remark)
        #expect(
            remark.hasPrefix(
                "slow rank: 2 on c, 37000 times the seconds for a second of audio of the median rank"),
            "\(remark)")
    }

    @Test("a note travels as numbers")
    func travelling() {
        let note = RankNote(numbers: [1, 0.25, 3, 8])
        #expect(note.isInterrupted && note.data == 0.25 && note.compute == 3 && note.workload == 8)
        #expect(RankNote(numbers: note.numbers) == note)
    }
}
