import Foundation
import TestSupport
import Testing

@testable import Training

struct EventFileTests {
    private func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal.filter { $0 != " " })
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(String(digits[$0...$0 + 1]), radix: 16) ?? 0
        }
    }

    @Test("the checksum is the published one of CRC-32C, masked")
    func checksum() {
        #expect(EventFile.maskedChecksum(Array("123456789".utf8)) == 0xC78A_B0E5)
    }

    // Bytes that tensorboard's own writer made.
    @Test("records are those that TensorBoard's writer makes, to the byte")
    func records() {
        #expect(
            EventFile.record(EventFile.version(wall: 1_700_000_000))
                == bytes(
                    "1800000000000000 a37f4b22 0900000040fc54d9411a0d627261696e2e4576656e743a32 eced8f9d"))
        #expect(
            EventFile.record(EventFile.event([("loss", 1.5)], step: 7, wall: 1_700_000_001))
                == bytes(
                    "1a00000000000000 129bd82d 0900004040fc54d94110072a0d0a0b0a046c6f7373150000c03f ce984a3e"
                ))
    }

    @Test("a step above 127 takes a second byte")
    func largeStep() {
        let event = EventFile.event([("a", 0)], step: 300, wall: 0)
        #expect(Array(event[9...11]) == [0x10, 0xAC, 0x02])
    }

    // SessionLog.START in field 7 of event.proto.
    @Test("a run that goes on says so, with the step from which what was written before is void")
    func sessionStart() {
        #expect(
            EventFile.sessionStart(step: 5, wall: 1_700_000_000)
                == bytes("09 00000040fc54d941 10 05 3a 02 08 01"))
    }

    @Test("files sort in the order in which they were written, even if the clock went back")
    func order() throws {
        let folder = try TemporaryDirectory()
        var written: [String] = []
        for (index, wall) in [1_700_000_000.0, 1_700_000_000.0, 1_600_000_000.0].enumerated() {
            let known = Set(written)
            let events = EventFile(
                folder: folder.path, host: "host", firstStep: index > 0 ? 3 : nil, wall: wall)
            events.append([("loss", 1)], step: 3, wall: wall)
            written += try folder.names().filter { !known.contains($0) }
        }
        #expect(written.count == 3 && written == written.sorted())
        let last = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + written[2]))
        #expect(
            Array(last)
                == EventFile.record(EventFile.version(wall: 1_600_000_000))
                + EventFile.record(EventFile.sessionStart(step: 3, wall: 1_600_000_000))
                + EventFile.record(EventFile.event([("loss", 1)], step: 3, wall: 1_600_000_000)))
    }
}
