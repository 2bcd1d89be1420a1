internal import CAudio
public import Program

/// Audio as the model takes it: mono at the wanted rate, with what the file had.
public struct AudioClip: Sendable {
    /// Samples, full scale 1.
    public var samples: [Float]
    /// Samples a second in the file.
    public let sourceSampleRate: Int
    /// Channels in the file, averaged here.
    public let sourceChannels: Int
}

/// What an audio file's header states.
public struct AudioInfo: Sendable {
    /// Frames; a cut-off file has fewer.
    public let frames: Int
    /// Samples a second.
    public let sampleRate: Int
    /// Channels.
    public let channels: Int
    /// Seconds.
    public var seconds: Double { Double(frames) / Double(sampleRate) }
}

/// Why an audio file cannot be used.
public struct AudioError: Error, CustomStringConvertible, Equatable {
    /// The file.
    public let path: String
    /// What is wrong with it.
    public let fault: String

    /// A fault of a file.
    public init(path: String, fault: String) {
        self.path = path
        self.fault = fault
    }

    /// `PATH: what is wrong`.
    public var description: String { "\(path): \(fault)" }
}

extension AudioError: Fault {
    /// How the process ends.
    public var exitCode: ExitCode { .data }
}

/// The longest audio that is read: ten hours at 48 kHz.
///
/// A header that states more is broken, or an attack.
private let maximumFrames = 48_000 * 36_000

/// Samples a second that are believed; from others, resampling would make a file of any size of a small one.
private let plausibleRates = 1_000...1_000_000

/// The share of a second by which a header and the frames may differ: lossy formats end a few frames early,
/// and manifests round.
private let slackSeconds = 0.05

/// Reads what a file's header states, without decoding it.
public func audioInfo(path: String) throws(AudioError) -> AudioInfo { try OpenAudio(path).info }

/// Decodes a file, averages its channels and brings it to a sample rate.
///
/// - Parameters:
///   - path: WAV, FLAC, Ogg Vorbis, Ogg Opus, MP3 or whatever else libsndfile reads.
///   - sampleRate: Wanted samples a second.
///   - segment: Seconds of the file to read; nil reads all.
/// - Throws: `AudioError` if the file is missing, empty, cut off, or holds something that is no number.
public func readAudio(
    path: String, sampleRate: Int, segment: Range<Double>? = nil
) throws(AudioError) -> AudioClip {
    let file = try OpenAudio(path)
    var samples = try file.read(segment: segment)
    if file.info.sampleRate != sampleRate {
        samples = try resample(samples, from: file.info.sampleRate, to: sampleRate, path: path)
    }
    // Behind resampling, which makes an infinite one of a sample that is nearly so.
    guard samples.allSatisfy(\.isFinite) else {
        throw AudioError(path: path, fault: "holds samples that are no numbers, or too large to be sound")
    }
    return AudioClip(
        samples: samples, sourceSampleRate: file.info.sampleRate, sourceChannels: file.info.channels)
}

/// An open file, closed at its end of life.
private struct OpenAudio: ~Copyable {
    private let handle: OpaquePointer
    let path: String
    let info: AudioInfo

    init(_ path: String) throws(AudioError) {
        var message = [CChar](repeating: 0, count: 256)
        guard let handle = parp_audio_open(path, &message, 256) else {
            throw AudioError(path: path, fault: "cannot be opened as audio: \(Self.text(message))")
        }
        let rate = Int(parp_audio_sample_rate(handle))
        guard plausibleRates.contains(rate) else {
            parp_audio_close(handle)
            throw AudioError(path: path, fault: "states a sample rate of \(rate)")
        }
        var frames = Int(parp_audio_stated_frames(handle))
        guard frames < Int.max else {
            parp_audio_close(handle)
            throw AudioError(
                path: path, fault: "states no length, as what is written to a pipe; convert it to a file anew"
            )
        }
        self.handle = handle
        self.path = path
        if let wave = WaveHeader(path: path), wave.presentBytes < wave.statedBytes, frames > 0 {
            // Within what a number can hold: header and samples need not agree.
            let stated = Double(frames) * Double(wave.statedBytes) / Double(max(1, wave.presentBytes))
            frames = Int(min(stated, 0x1p62))
        }
        info = AudioInfo(frames: frames, sampleRate: rate, channels: Int(parp_audio_channels(handle)))
    }

    deinit { parp_audio_close(handle) }

    func read(segment: Range<Double>?) throws(AudioError) -> [Float] {
        guard info.frames > 0 else { throw AudioError(path: path, fault: "holds no audio") }
        guard info.frames <= maximumFrames else {
            throw AudioError(path: path, fault: "states \(info.seconds) s of audio, which nobody recorded")
        }
        var wanted = info.frames
        if let segment {
            let range = try frames(of: segment)
            guard parp_audio_seek(handle, Int64(range.lowerBound)) == 0 else {
                throw AudioError(path: path, fault: "cannot be read from \(segment.lowerBound) s on")
            }
            wanted = range.count
        }
        let samples = try decode(wanted)
        let missing = Double(wanted - samples.count) / Double(info.sampleRate)
        guard !samples.isEmpty, missing <= slackSeconds else {
            throw AudioError(
                path: path,
                fault: "is cut off: it holds \(samples.count) of the \(wanted) frames its header states")
        }
        return samples
    }

    private func frames(of segment: Range<Double>) throws(AudioError) -> Range<Int> {
        guard segment.lowerBound >= 0, segment.upperBound <= info.seconds + slackSeconds else {
            throw AudioError(path: path, fault: "has \(info.seconds) s, but \(segment) s of it are asked for")
        }
        let rate = Double(info.sampleRate)
        let first = Int((segment.lowerBound * rate).rounded())
        let end = min(Int((segment.upperBound * rate).rounded()), info.frames)
        guard first < end else {
            throw AudioError(path: path, fault: "the piece \(segment) s of it holds no audio")
        }
        return first..<end
    }

    /// Decodes piece after piece, so that memory is spent on what is there and not on what a header states.
    private func decode(_ wanted: Int) throws(AudioError) -> [Float] {
        var samples: [Float] = []
        while samples.count < wanted {
            var piece = [Float](repeating: 0, count: min(1 << 20, wanted - samples.count))
            let read = Int(parp_audio_read(handle, &piece, Int64(piece.count)))
            guard read >= 0 else {
                var message = [CChar](repeating: 0, count: 256)
                parp_audio_message(handle, &message, 256)
                throw AudioError(path: path, fault: "cannot be decoded: \(Self.text(message))")
            }
            samples += piece[..<read]
            if read < piece.count { break }
        }
        return samples
    }

    static func text(_ message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

private func resample(
    _ samples: [Float], from source: Int, to target: Int, path: String
) throws(AudioError) -> [Float] {
    let capacity = Int((Double(samples.count) * Double(target) / Double(source)).rounded(.up)) + 1
    guard capacity <= maximumFrames else {
        throw AudioError(path: path, fault: "makes \(capacity) samples at \(target) Hz, too many to hold")
    }
    var output = [Float](repeating: 0, count: capacity)
    var message = [CChar](repeating: 0, count: 256)
    let written = Int(
        parp_resample(
            samples, Int64(samples.count), Double(source), Double(target), &output, Int64(capacity),
            &message, 256))
    guard written > 0 else {
        throw AudioError(path: path, fault: "cannot be resampled: \(OpenAudio.text(message))")
    }
    output.removeLast(capacity - written)
    return output
}
