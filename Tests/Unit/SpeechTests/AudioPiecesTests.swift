import Foundation
import TestSupport
import Testing

@testable import Speech

struct AudioPiecesTests {
    private func all(_ pieces: consuming AudioPieces, by count: Int) throws -> [Float] {
        var samples: [Float] = []
        while case let next = try pieces.next(count), !next.isEmpty { samples += next }
        return samples
    }

    @Test("the golden recordings are read in pieces as they are at once, at their rate and at others")
    func golden() throws {
        for name in ["tone-vorbis.ogg", "tone.flac", "tone.mp3", "tone.opus"] {
            let path = "\(repository)/Tests/Golden/audio/\(name)"
            for rate in [try audioInfo(path: path).sampleRate, 16_000, 11_025] {
                let whole = try readAudio(path: path, sampleRate: rate).samples
                for count in [997, 1 << 20] {
                    let pieces = try all(AudioPieces(path: path, sampleRate: rate), by: count)
                    #expect(pieces == whole, "\(name) at \(rate) by \(count)")
                }
            }
        }
    }

    @Test("a segment and a channel of a long recording are those that are read at once")
    func segments() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).wav").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        // Two channels of 8 kHz, longer than what is decoded at once.
        let left = tone(89, seconds: 18.75, sampleRate: 8000, amplitude: 0.25)
        let right = tone(1013, seconds: 18.75, sampleRate: 8000, amplitude: 0.125)
        let data = Data(waveFile([left, right], sampleRate: 8000))
        try data.write(to: URL(fileURLWithPath: path))
        for rate in [8000, 16_000] {
            for channels in [[Int]?.none, [1]] {
                let segment = 1.25..<17.5
                let whole = try readAudio(
                    path: path, sampleRate: rate, segment: segment, channels: channels
                ).samples
                let pieces = try all(
                    AudioPieces(path: path, sampleRate: rate, segment: segment, channels: channels), by: 4096)
                #expect(pieces == whole)
            }
        }
        try data.prefix(data.count - 40_000).write(to: URL(fileURLWithPath: path))
        #expect(throws: AudioError.self) { _ = try all(AudioPieces(path: path, sampleRate: 8000), by: 4096) }
    }
}
