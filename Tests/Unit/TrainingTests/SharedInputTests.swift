import Foundation
import Session
import TestSupport
import Testing

@testable import Training

struct SharedInputTests {
    @Test(
        "ranks that have the same go on; ranks that do not all end with 65 and the file and host that differ")
    func agreement() throws {
        let same = runRanks(ThreadCommunicator.ranks(3)) { communicator in
            try Session(communicator: communicator).requireSame([SharedInput("a.jsonl", "5 bytes")])
        }
        for result in same { try result.get() }
        let other = runRanks(ThreadCommunicator.ranks(3)) { communicator in
            try Session(communicator: communicator).requireSame([
                SharedInput("a.jsonl", communicator.rank == 2 ? "6 bytes" : "5 bytes"),
                SharedInput("b.jsonl", "7 bytes"),
            ])
        }
        for result in other {
            let failure = #expect(throws: CollectiveFailure.self) { try result.get() }
            #expect(failure?.exitCode == 65)
            let said = "\(failure?.description ?? "")"
            #expect(
                said.contains(
                    "a.jsonl: 5 bytes on threads (rank 0), threads (rank 1); 6 bytes on threads (rank 2)"))
            #expect(!said.contains("b.jsonl"))
        }
    }

    @Test("a file that one host lacks, and a program of another build, are named with their hosts")
    func missing() {
        let said = disagreement(of: [
            RankInputs(
                host: "one", inputs: [SharedInput("vocab.json", "9 bytes"), SharedInput("parp", "x")]),
            RankInputs(host: "two", inputs: [SharedInput("parp", "y")]),
        ])
        #expect(said.contains("vocab.json: 9 bytes on one (rank 0); nothing on two (rank 1)"))
        #expect(said.contains("parp: x on one (rank 0); y on two (rank 1)"))
    }

    @Test("a digest tells files apart by one byte and by zeros at the end")
    func digests() throws {
        let folder = try TemporaryDirectory()
        let texts = ["abcdefgh1", "abcdefgh2", "abcdefgh", "abcdefgh\0", ""]
        let digests = try texts.enumerated().map { index, text in
            FileDigest(path: try folder.write(text, to: "\(index)"), wholeBelow: .max)?.hash
        }
        #expect(!digests.contains(nil) && Set(digests).count == texts.count)
    }
}
