import Foundation
import Testing

@testable import Speech

struct PCMStreamTests {
    /// Hands out bytes in pieces of a given size.
    private func source(_ bytes: [UInt8], by count: Int) -> () throws -> [UInt8]? {
        var rest = bytes[...]
        return {
            guard !rest.isEmpty else { return nil }
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
    }

    private func samples(_ bytes: [UInt8], raw: SampleFormat?, by count: Int = 5) throws -> [Float] {
        var stream = try PCMStream(name: "pipe", raw: raw, source(bytes, by: count))
        var all: [Float] = []
        while let next = try stream.next() { all += next }
        return all
    }

    private func header(tag: UInt16, bits: UInt16, channels: UInt16, dataBytes: UInt32) -> [UInt8] {
        var bytes =
            Array("RIFF\u{FF}\u{FF}\u{FF}\u{FF}".unicodeScalars.map { UInt8($0.value) }) + Array("WAVE".utf8)
        func append(_ text: String, _ numbers: [(UInt32, Int)]) {
            bytes += Array(text.utf8)
            for (number, width) in numbers {
                bytes += (0..<width).map { UInt8(truncatingIfNeeded: number >> UInt32(8 * $0)) }
            }
        }
        append("LIST", [(4, 4), (0, 4)])
        append(
            "fmt ",
            [
                (16, 4), (UInt32(tag), 2), (UInt32(channels), 2), (16_000, 4), (0, 4), (0, 2),
                (UInt32(bits), 2),
            ])
        append("data", [(dataBytes, 4)])
        return bytes
    }

    @Test("samples of all encodings are those of their definitions, in pieces of any length")
    func encodings() throws {
        let cases: [(SampleEncoding, [UInt8], [Float])] = [
            (.unsigned8, [0, 128, 255], [-1, 0, 127.0 / 128]),
            (.signed16, [0, 0x80, 0xFF, 0x7F, 1, 0], [-1, 32_767.0 / 32_768, 1.0 / 32_768]),
            (.signed24, [0, 0, 0x80, 0, 0, 0x40], [-1, 0.5]),
            (.signed32, [0, 0, 0, 0x80, 0, 0, 0, 0x40], [-1, 0.5]),
            (.float32, [0, 0, 0x80, 0x3E, 0, 0, 0x80, 0xBF], [0.25, -1]),
            // G.711's tables: the largest, the smallest and zero.
            (.muLaw, [0x80, 0x00, 0xFF, 0x7F], [32_124.0 / 32_768, -32_124.0 / 32_768, 0, 0]),
            (
                .aLaw, [0xAA, 0x2A, 0xD5, 0x55],
                [32_256.0 / 32_768, -32_256.0 / 32_768, 8.0 / 32_768, -8.0 / 32_768]
            ),
        ]
        for (encoding, bytes, expected) in cases {
            for count in [1, 2, 3, 100] {
                let found = try samples(
                    bytes, raw: SampleFormat(encoding: encoding, sampleRate: 8000), by: count)
                #expect(found == expected, "\(encoding)")
            }
        }
        let stereo = SampleFormat(encoding: .unsigned8, sampleRate: 8000, channels: 2)
        #expect(try samples([0, 128, 255, 128, 7], raw: stereo) == [-0.5, 127.0 / 256])
    }

    @Test(
        "a WAV header is read whatever its length says, and what follows the samples is not taken for sound")
    func header() throws {
        let sound: [UInt8] = [0, 0x40, 0, 0xC0]
        let wav = header(tag: 1, bits: 16, channels: 1, dataBytes: 4)
        #expect(try samples(wav + sound + [1, 2, 3, 4], raw: nil) == [0.5, -0.5])
        for length in [UInt32(0), .max] {
            let open = header(tag: 1, bits: 16, channels: 1, dataBytes: length)
            #expect(try samples(open + sound + sound, raw: nil, by: 1) == [0.5, -0.5, 0.5, -0.5])
        }
    }

    @Test("a file that is no WAV, has a truncated header or an impossible format is refused")
    func refusals() {
        let faulty: [[UInt8]] = [
            [], Array("RIFF".utf8), Array("this is a text and no sound at all".utf8),
            header(tag: 2, bits: 4, channels: 1, dataBytes: 4),
            header(tag: 1, bits: 16, channels: 0, dataBytes: 4),
            header(tag: 1, bits: 16, channels: 65, dataBytes: 4),
        ]
        for bytes in faulty { #expect(throws: AudioError.self) { try samples(bytes, raw: nil) } }
        #expect(throws: AudioError.self) { try samples([0], raw: SampleFormat(sampleRate: 7999)) }
        let nan: [UInt8] = [0, 0, 0xC0, 0x7F]
        #expect(throws: AudioError.self) {
            try samples(nan, raw: SampleFormat(encoding: .float32, sampleRate: 8000))
        }
    }
}
