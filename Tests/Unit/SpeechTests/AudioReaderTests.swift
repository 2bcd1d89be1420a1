import Foundation
import Speech
import TestSupport
import Testing

struct AudioReaderTests {
    private let golden = goldenFolder + "/audio"

    private func read(
        _ content: [UInt8], name: String = "x.wav", segment: Range<Double>? = nil, sampleRate: Int = 16000
    ) throws -> AudioClip {
        let folder = try TemporaryDirectory()
        return try readAudio(
            path: try folder.write(content, to: name), sampleRate: sampleRate, segment: segment)
    }

    @Test("WAV files of every sample format give their samples", arguments: WaveFormat.allCases)
    func formats(format: WaveFormat) throws {
        let samples = tone(440, seconds: 0.1) + [-1, 1 - format.precision, 0]
        let clip = try read(waveFile([samples], format: format))
        #expect(largestDifference(clip.samples, samples) <= format.precision)
        #expect(clip.sourceSampleRate == 16000 && clip.sourceChannels == 1)
    }

    @Test("channels are averaged")
    func channels() throws {
        // Longer than a block of the shim, so that its seams are in it.
        let (left, right) = (wave(9000, phase: 0, amplitude: 0.5), wave(9000, phase: 1, amplitude: 0.5))
        let clip = try read(waveFile([left, right, left, right], format: .float32))
        #expect(clip.sourceChannels == 4)
        #expect(largestDifference(clip.samples, zip(left, right).map { ($0 + $1) / 2 }) < 1e-6)
    }

    @Test(
        "other rates are resampled: a tone keeps its frequency, amplitude and length",
        arguments: [8000, 22050, 44100, 48000])
    func resampling(rate: Int) throws {
        let clip = try read(waveFile([tone(440, seconds: 0.5, sampleRate: rate)], sampleRate: rate))
        #expect(abs(clip.samples.count - 8000) <= 1)
        #expect(clip.sourceSampleRate == rate)
        // The passband of soxr's high quality is flat to a thousandth.
        #expect(abs(amplitude(of: 440, in: clip.samples) - 0.5) < 1e-3)
        let energy = clip.samples[2000..<6000].reduce(0.0) { $0 + Double($1) * Double($1) } / 4000
        #expect(abs(energy - 0.125) < 1e-3, "all of its energy is the tone's")
    }

    @Test(
        "a recording of many blocks is resampled as if it were one: a piece from its middle sounds as the whole does there",
        arguments: [8000, 11025, 44100, 48000])
    func resamplingInBlocks(rate: Int) throws {
        // Longer than what is decoded, and much longer than what is resampled, at once.
        let samples = tone(440, seconds: 300_000 / Double(rate), sampleRate: rate)
        let clip = try read(waveFile([samples], sampleRate: rate, format: .float32))
        let expected = (Double(samples.count) * 16000 / Double(rate)).rounded()
        #expect(abs(Double(clip.samples.count) - expected) <= 1)
        let ideal = tone(440, seconds: Double(clip.samples.count) / 16000)
        // But for its ends, where the filter hears silence beyond; the passband is flat to a thousandth.
        let inner = 2000..<min(clip.samples.count, ideal.count) - 2000
        #expect(largestDifference(Array(clip.samples[inner]), Array(ideal[inner])) < 1e-3)
    }

    @Test("sounds that are not read are named, with the way to convert them")
    func foreign() throws {
        let starts: [(name: String, bytes: [UInt8])] = [
            ("MPEG-4", [0, 0, 0, 28] + Array("ftypM4A ".utf8)), ("Matroska", [0x1A, 0x45, 0xDF, 0xA3]),
            ("Windows Media", [0x30, 0x26, 0xB2, 0x75]), ("AMR", Array("#!AMR\n".utf8)),
            ("Shorten", Array("ajkg".utf8)), ("WavPack", Array("wvpk".utf8)),
        ]
        for (name, bytes) in starts {
            #expect {
                try read(bytes + [UInt8](repeating: 0, count: 64))
            } throws: { error in
                "\(error)".contains("it is \(name)") && "\(error)".contains("ffmpeg -i FILE")
            }
        }
    }

    @Test("content above half the new rate is removed, not aliased")
    func aliasing() throws {
        let clip = try read(waveFile([tone(12_000, seconds: 0.5, sampleRate: 48_000)], sampleRate: 48_000))
        #expect(clip.samples[2000..<6000].allSatisfy { abs($0) < 1e-3 })
    }

    @Test(
        "compressed formats are decoded",
        arguments: [("tone.flac", 1e-4), ("tone-vorbis.ogg", 0.02), ("tone.opus", 0.02), ("tone.mp3", 0.02)])
    func compressed(name: String, tolerance: Double) throws {
        let clip = try readAudio(path: "\(golden)/\(name)", sampleRate: 16000)
        #expect(clip.samples.count == 8000)
        #expect(abs(amplitude(of: 440, in: clip.samples) - 0.5) < tolerance)
        let info = try audioInfo(path: "\(golden)/\(name)")
        #expect(info.frames == 8000 && info.sampleRate == 16000 && info.channels == 1 && info.seconds == 0.5)
    }

    @Test("a piece of a file is read where it is asked for")
    func segments() throws {
        let samples = wave(16000, phase: 0, amplitude: 0.5)
        let content = waveFile([samples], format: .float32)
        #expect(try read(content, segment: 0.25..<0.75).samples == Array(samples[4000..<12000]))
        #expect(try read(content, segment: 0..<1).samples == samples)
        // Manifests round up; half a tenth of a second over the end is the end.
        #expect(try read(content, segment: 0.9..<1.04).samples == Array(samples[14400...]))
        let flac = try readAudio(path: "\(golden)/tone.flac", sampleRate: 16000)
        let piece = try readAudio(path: "\(golden)/tone.flac", sampleRate: 16000, segment: 0.1..<0.3)
        #expect(piece.samples == Array(flac.samples[1600..<4800]))
    }

    @Test(
        "a piece that is not in the file is refused",
        arguments: [0.5..<1.2, 1.5..<2, -1..<0.5, 0..<1e300, 0.5..<0.50001, 0..<Double.infinity, 1.04..<1.05])
    func impossibleSegments(segment: Range<Double>) {
        let content = waveFile([wave(16000, phase: 0)])
        #expect(fault { try read(content, segment: segment) }.contains(" s"))
    }

    @Test("a file that is cut off is refused, whatever its format")
    func cutOff() throws {
        let whole = waveFile([tone(440, seconds: 1)])
        #expect(
            fault { try read(Array(whole.dropLast(16_000))) }.contains(
                "is cut off: it holds 8000 of the 16000"))
        #expect(fault { try read(Array(whole.prefix(60))) }.contains("x.wav"))
        let flac = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(golden)/tone.flac")))
        for length in [flac.count / 2, flac.count * 3 / 4] {
            let message = fault { try read(Array(flac.prefix(length)), name: "x.flac") }
            #expect(message.contains("cut off") || message.contains("cannot be decoded"), "\(message)")
        }
        // A few frames short is how lossy formats end.
        #expect(try read(Array(whole.dropLast(600))).samples.count == 15_700)
    }

    @Test(
        "a WAV file that was written to a pipe, and so states no length, is read to its end",
        arguments: [0xFFFF_FFFF, 0x7FFF_FFFF] as [UInt32])
    func piped(length: UInt32) throws {
        let clip = try read(waveFile([tone(440, seconds: 0.5)], statedBytes: length))
        #expect(clip.samples.count == 8000)
    }

    @Test("files without audio are refused, each with what it is")
    func noAudio() throws {
        let folder = try TemporaryDirectory()
        let cases: [(String, [UInt8], String)] = [
            ("empty.wav", [], "cannot be opened as audio"),
            ("text.wav", Array("hello".utf8), "cannot be opened as audio"),
            ("none.wav", waveFile([[]]), "holds no audio"),
            ("none.flac", Array("fLaC".utf8), "cannot be opened as audio"),
            ("slow.wav", waveFile([[0, 0.5]], sampleRate: 1), "states a sample rate of 1"),
            ("fast.wav", waveFile([[0, 0.5]], sampleRate: 2_000_000_000), "states a sample rate"),
        ]
        for (name, content, expected) in cases {
            let path = try folder.write(content, to: name)
            let message = fault { try readAudio(path: path, sampleRate: 16000) }
            #expect(message.hasPrefix(path) && message.contains(expected), "\(message)")
        }
        for path in [folder.path, folder.path + "/absent.wav"] {
            #expect(
                fault { try readAudio(path: path, sampleRate: 16000) }.contains("cannot be opened as audio"))
            #expect(fault { try audioInfo(path: path) }.contains("cannot be opened as audio"))
        }
    }

    @Test("samples that overflow when resampled are refused, too")
    func overshoot() {
        let half = [Float](repeating: 3.3e38, count: 400)
        let content = waveFile([half + half.map(-)], sampleRate: 8000, format: .float32)
        #expect(fault { try read(content) }.contains("NaN"))
    }

    @Test("NaN or infinite samples are refused", arguments: [Float.nan, .infinity, -.infinity])
    func notNumbers(sample: Float) {
        var samples = wave(1000, phase: 0)
        samples[500] = sample
        #expect(fault { try read(waveFile([samples], format: .float32)) }.contains("NaN"))
    }

    @Test("a header that states an absurd length, or none, costs no memory")
    func hugeHeader() throws {
        // The 36 bits of a FLAC file's sample count.
        var flac = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(golden)/tone.flac")))
        flac[21] |= 0x0F
        for index in 22..<26 { flac[index] = 0xFF }
        #expect(fault { try read(flac, name: "x.flac") }.contains("which nobody recorded"))
        flac[21] &= 0xF0
        flac[22] = 0x60
        #expect(fault { try read(flac, name: "x.flac") }.contains("is cut off: it holds 8000"))
        for index in 22..<26 { flac[index] = 0 }
        // What was written to a pipe states nothing, and is read to its end.
        #expect(try read(flac, name: "x.flac").samples.count == 8000)
        #expect(try read(flac, name: "x.flac", segment: 0.1..<0.3).samples.count == 3200)
    }

    // Not MP3: its decoder prints complaints about a file.
    @Test(
        "mutated files never end the process",
        arguments: ["tone.flac", "tone-vorbis.ogg", "tone.opus", "wave"])
    func mutated(name: String) throws {
        let folder = try TemporaryDirectory()
        let original =
            name == "wave"
            ? waveFile([wave(500, phase: 0)], format: .float32)
            : [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(golden)/\(name)")))
        var (read, refused, isSound) = (0, 0, true)
        for content in mutations(of: original, count: 150, seed: 11) {
            let path = try folder.write(content, to: "mutant")
            if let clip = try? readAudio(path: path, sampleRate: 16000) {
                read += 1
                isSound = isSound && !clip.samples.isEmpty && clip.samples.allSatisfy(\.isFinite)
            } else {
                refused += 1
            }
        }
        #expect(isSound)
        // The compressed formats have checksums; what is read of them is what they were.
        #expect(refused > 5 && (read > 5 || name != "wave"), "\(read) read, \(refused) refused")
    }

    @Test("a waveform is brought to zero mean and unit variance, silence stays silence")
    func normalization() {
        var samples: [Float] = [1, 2, 3, 6]
        normalizeWaveform(&samples)
        // Mean 3, variance 3.5.
        let expected: [Float] = [-1.069045, -0.5345225, 0, 1.6035675]
        #expect(largestDifference(samples, expected) < 1e-6)
        var silence = [Float](repeating: 0.25, count: 10)
        normalizeWaveform(&silence)
        #expect(silence.allSatisfy { $0 == 0 })
        var nothing: [Float] = []
        normalizeWaveform(&nothing)
        #expect(nothing.isEmpty)
    }
}
