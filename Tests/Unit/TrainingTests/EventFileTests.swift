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
            EventFile.record(EventFile.event([EventFile.scalar("loss", 1.5)], step: 7, wall: 1_700_000_001))
                == bytes(
                    "1a00000000000000 129bd82d 0900004040fc54d94110072a0d0a0b0a046c6f7373150000c03f ce984a3e"
                ))
    }

    @Test("a step above 127 takes a second byte")
    func largeStep() {
        let event = EventFile.event([EventFile.scalar("a", 0)], step: 300, wall: 0)
        #expect(Array(event[9...11]) == [0x10, 0xAC, 0x02])
    }

    // SessionLog.START in field 7 of event.proto.
    @Test("a run that goes on says so, with the step from which what was written before is void")
    func sessionStart() {
        #expect(
            EventFile.sessionStart(step: 5, wall: 1_700_000_000)
                == bytes("09 00000040fc54d941 10 05 3a 02 08 01"))
    }

    // Bytes of tensorboard's own protocol buffers, serialised by Python's.
    @Test("texts and hyper-parameters are what TensorBoard's plugins read, to the byte")
    func plugins() {
        #expect(
            EventFile.text("recipe", "a = 1")
                == bytes("0a06726563697065420f0807120412020801420561203d20314a0a0a060a04746578742002"))
        #expect(
            EventFile.experiment(
                settings: [("lr", .number(0.5)), ("method", .text("parp"))],
                metrics: [(tag: "eval/cer", title: "CER")])
                == bytes(
                    "0a145f68706172616d735f2f6578706572696d656e7442060801120212004a360a340a0768706172616d73122912"
                        + "2722060a026c722003220a0a066d6574686f6420012a110a0a12086576616c2f6365721a03434552"))
        let starts: [(EventFile.Setting, String, String)] = [
            (.number(0.5), "lr", "290a270a0768706172616d73121c1a1a0a0f0a026c72120911000000000000e03f"),
            (.text("parp"), "method", "2a0a280a0768706172616d73121d1a1b0a100a066d6574686f6412061a0470617270"),
            (.boolean(true), "on", "220a200a0768706172616d7312151a130a080a026f6e12022001"),
        ]
        for (value, name, middle) in starts {
            #expect(
                EventFile.sessionStart(settings: [(name, value)], wall: 1_700_000_000)
                    == bytes(
                        "0a1c5f68706172616d735f2f73657373696f6e5f73746172745f696e666f42060801120212004a"
                            + middle
                            + "2900000040fc54d941"))
        }
        #expect(
            EventFile.sessionEnd(.success, wall: 1_700_000_000)
                == bytes(
                    "0a1a5f68706172616d735f2f73657373696f6e5f656e645f696e666f42060801120212004a1a0a180a0768706172616d"
                        + "73120d220b08011100000040fc54d941"))
    }

    @Test(
        "a histogram counts every number but zeros and what is none, in buckets from the least to the greatest"
    )
    func histogram() throws {
        let values: [Float] = [0, -1, 0, 3, .nan, .infinity, 1, 3]
        let summary = EventFile.histogram("w", of: values)
        func double(at place: Int) -> Double {
            Double(
                bitPattern: (0..<8).reduce(UInt64(0)) { $0 | UInt64(summary[place + $1]) << (8 * UInt64($1)) }
            )
        }
        // The tag, the key and the length of the histogram, then five numbers with their keys.
        let start = try #require(summary.firstIndex(of: 0x2A)) + 3
        #expect((0..<5).map { double(at: start + 1 + 9 * $0) } == [-1, 3, 4, 6, 20])
        let limits = start + 45 + 3
        #expect(double(at: limits) == -1 + 4.0 / 64 && double(at: limits + 8 * 63) == 3)
        let counts = limits + 8 * 64 + 3
        #expect((0..<64).map { double(at: counts + 8 * $0) }.reduce(0, +) == 4)
        #expect(
            double(at: counts) == 1 && double(at: counts + 8 * 63) == 2 && double(at: counts + 8 * 32) == 1)
        #expect(EventFile.histogram("none", of: [Float](repeating: 0, count: 9)).count == summary.count + 3)
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
                + EventFile.record(
                    EventFile.event([EventFile.scalar("loss", 1)], step: 3, wall: 1_600_000_000)))
    }
}
