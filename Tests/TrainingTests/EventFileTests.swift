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
}
