public import Program

/// Audio for the model: mono at the requested rate, with the file's original format.
public struct AudioClip: Sendable {
    /// Samples, full scale 1.
    public var samples: [Float]
    /// The file's sample rate in Hz.
    public let sourceSampleRate: Int
    /// Channels in the file, averaged here.
    public let sourceChannels: Int
}

/// The content of an audio file, by its header and its frames' headers.
public struct AudioInfo: Sendable {
    /// Frames; a truncated file has fewer.
    public let frames: Int
    /// Samples a second.
    public let sampleRate: Int
    /// Channels.
    public let channels: Int
    /// Seconds.
    public var seconds: Double { Double(frames) / Double(sampleRate) }

    /// What a file holds.
    public init(frames: Int, sampleRate: Int, channels: Int) {
        self.frames = frames
        self.sampleRate = sampleRate
        self.channels = channels
    }
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
    /// The exit code.
    public var exitCode: ExitCode { .data }
}

/// The maximum length of audio: ten hours at 48 kHz.
///
/// A header that states more is broken, or an attack.
let maximumFrames = 48_000 * 36_000

/// How many seconds the end of a segment may be after the end of its recording, since segment times are
/// rounded.
public let segmentSlackSeconds = 0.1

/// The initial capacity in samples, so that an hour of audio is never moved while it grows: address space,
/// not memory, until used.
private let reservedSamples = 1 << 26

/// Seconds by which a recording may be shorter than its header states: lossy formats end a few frames early.
let headerSlackSeconds = 0.05

/// Reads a recording's length, without decoding if its headers state it.
public func audioInfo(path: String) throws(AudioError) -> AudioInfo { try AudioFile(path).info }

/// Decodes a file, averages its channels and resamples it.
///
/// - Parameters:
///   - path: WAV, FLAC, Ogg Vorbis, Ogg Opus, MP3 or whatever else libsndfile reads.
///   - sampleRate: Wanted samples a second.
///   - segment: Seconds of the file to read; nil reads all. Its end may be `segmentSlackSeconds` after the
///     file's.
///   - channels: The channels to average, counted from 0; nil averages all.
/// - Throws: `AudioError` if the file is missing, empty, truncated, or contains NaN.
public func readAudio(
    path: String, sampleRate: Int, segment: Range<Double>? = nil, channels: [Int]? = nil
) throws(AudioError) -> AudioClip {
    let file = try AudioFile(path)
    let info = file.info
    guard info.frames > 0 else { throw AudioError(path: path, fault: "holds no audio") }
    guard info.frames <= maximumFrames else {
        throw AudioError(path: path, fault: "states \(info.seconds) s of audio, which nobody recorded")
    }
    let range = try segment.map { segment throws(AudioError) in try frames(of: segment, in: info, path: path)
    }
    let wanted = range ?? 0..<info.frames
    let expected = resampledCount(wanted.count, info.sampleRate, sampleRate)
    guard expected <= maximumFrames else {
        throw AudioError(path: path, fault: "makes \(expected) samples at \(sampleRate) Hz, too many to hold")
    }
    var samples: [Float] = []
    samples.reserveCapacity(min(expected, reservedSamples))
    var decoded = 0
    let resampler = try Resampler(from: info.sampleRate, to: sampleRate, path: path)
    try file.forEachBlock(wanted, channels: channels) { block throws(AudioError) in
        decoded += block.count
        try resampler.take(block, addingTo: &samples)
    }
    let missing = Double(wanted.count - decoded) / Double(info.sampleRate)
    guard decoded > 0, missing <= headerSlackSeconds else {
        throw AudioError(
            path: path,
            fault: "is cut off: it holds \(decoded) of the \(wanted.count) frames its header states")
    }
    try resampler.finish(addingTo: &samples)
    guard !samples.isEmpty else { throw AudioError(path: path, fault: "holds no audio") }
    // After resampling, which can make a nearly infinite sample infinite.
    guard samples.allSatisfy(\.isFinite) else {
        throw AudioError(path: path, fault: "has samples that are NaN, or too large to be sound")
    }
    return AudioClip(samples: samples, sourceSampleRate: info.sampleRate, sourceChannels: info.channels)
}

/// The frames of a segment.
func frames(
    of segment: Range<Double>, in info: AudioInfo, path: String
) throws(AudioError) -> Range<Int> {
    guard segment.lowerBound >= 0, segment.upperBound <= info.seconds + segmentSlackSeconds else {
        throw AudioError(path: path, fault: "has \(info.seconds) s, but \(segment) s of it are requested")
    }
    let rate = Double(info.sampleRate)
    let first = Int((segment.lowerBound * rate).rounded())
    let end = min(Int((segment.upperBound * rate).rounded()), info.frames)
    guard first < end else {
        throw AudioError(path: path, fault: "the piece \(segment) s of it holds no audio")
    }
    return first..<end
}
