import Foundation
import Speech
import TestSupport
import Testing

/// Recordings whose headers do not tell how long they are: made by Tests/Golden/make_stated_lengths.py.
struct StatedLengthTests {
    private static let folder = goldenFolder + "/audio/lengths"
    /// The 529 samples that mpg123 drops where it begins and ffmpeg does not, 33 ms at 16 kHz, of up to two decoders.
    private static let tolerance = 0.07

    static let files: [(name: String, seconds: Double)] = {
        let table = (try? String(contentsOfFile: folder + "/lengths.tsv", encoding: .utf8)) ?? ""
        return table.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "\t")
            return fields.count == 2 ? Double(fields[1]).map { (String(fields[0]), $0) } : nil
        }
    }()

    @Test("a file is as long as what is in it, as ffmpeg decodes it", arguments: files)
    func lengths(name: String, seconds: Double) throws {
        let path = "\(Self.folder)/\(name)"
        let info = try audioInfo(path: path)
        #expect(abs(info.seconds - seconds) < Self.tolerance, "\(info.seconds), not \(seconds)")
        let clip = try readAudio(path: path, sampleRate: info.sampleRate)
        #expect(abs(Double(clip.samples.count) / Double(info.sampleRate) - info.seconds) < Self.tolerance)
    }

    @Test("all of the sound is there, in the last part as in the first", arguments: files)
    func sound(name: String, seconds: Double) throws {
        // Each part is silence and then noise.
        let samples = try readAudio(path: "\(Self.folder)/\(name)", sampleRate: 16000).samples
        let end = samples.suffix(samples.count / 4).dropLast(samples.count / 8)
        let loudest = end.map(abs).max() ?? 0
        #expect(loudest > 0.1, "\(loudest)")
    }

    @Test("a piece is where the whole has it", arguments: files)
    func pieces(name: String, seconds: Double) throws {
        let path = "\(Self.folder)/\(name)"
        let rate = try audioInfo(path: path).sampleRate
        let whole = try readAudio(path: path, sampleRate: rate).samples
        let piece = try readAudio(path: path, sampleRate: rate, segment: 0.25 * seconds..<0.9 * seconds)
            .samples
        let start = Int((0.25 * seconds * Double(rate)).rounded())
        // Decoders of MP3 begin a piece with the frames before it and find it to some samples.
        let best =
            (-2...2).map { shift in
                zip(piece, whole.dropFirst(start + shift)).reduce(0.0) { $0 + Double(abs($1.0 - $1.1)) }
            }.min() ?? .infinity
        #expect(best / Double(piece.count) < 0.02, "\(best / Double(piece.count)) a sample")
    }

    @Test("there are files of each kind")
    func kinds() {
        #expect(Self.files.count == 14)
    }

    @Test("a segment may end up to a tenth of a second after its recording, no later")
    func slack() throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write(waveFile([tone(440, seconds: 1)]), to: "x.wav")
        #expect(try readAudio(path: path, sampleRate: 16000, segment: 0.5..<1.08).samples.count == 8000)
        #expect(
            fault { try readAudio(path: path, sampleRate: 16000, segment: 0.5..<1.2) }.contains(
                "are requested"))
        #expect(segmentSlackSeconds == 0.1)
    }

    @Test("channels are read as requested")
    func channels() throws {
        let folder = try TemporaryDirectory()
        let (left, right) = (tone(440, seconds: 0.1), tone(880, seconds: 0.1))
        let path = try folder.write(waveFile([left, right], format: .float32), to: "x.wav")
        func read(_ channels: [Int]?) throws -> [Float] {
            try readAudio(path: path, sampleRate: 16000, channels: channels).samples
        }
        #expect(try read([0]) == left && read([1]) == right)
        #expect(largestDifference(try read([0, 1]), try read(nil)) < 1e-6)
        #expect(fault { try read([2]) }.contains("has 2 channels, but channel 2 is asked for"))
    }
}
