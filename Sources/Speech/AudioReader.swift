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

/// What an audio file holds, as far as its header and the headers of its frames tell.
public struct AudioInfo: Sendable {
    /// Frames; a cut-off file has fewer.
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

/// The longest audio that is read: ten hours at 48 kHz.
///
/// A header that states more is broken, or an attack.
let maximumFrames = 48_000 * 36_000

/// Seconds by which the end of a segment may lie behind the end of its recording: those who cut recordings round.
public let segmentSlackSeconds = 0.1

/// Samples for which there is room from the start, so that an hour's need not be moved while they grow: addresses, not
/// memory, until they are there.
private let reservedSamples = 1 << 26

/// Seconds by which a recording may be shorter than its header states: lossy formats end a few frames early.
let headerSlackSeconds = 0.05

/// Reads how long a recording is, without decoding it where its headers tell.
public func audioInfo(path: String) throws(AudioError) -> AudioInfo { try AudioFile(path).info }

/// Decodes a file, averages its channels and brings it to a sample rate.
///
/// - Parameters:
///   - path: WAV, FLAC, Ogg Vorbis, Ogg Opus, MP3 or whatever else libsndfile reads.
///   - sampleRate: Wanted samples a second.
///   - segment: Seconds of the file to read; nil reads all. Its end may lie `segmentSlackSeconds` behind the file's.
///   - channels: The channels to average, counted from 0; nil averages all.
/// - Throws: `AudioError` if the file is missing, empty, cut off, or holds something that is no number.
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
    // Behind resampling, which makes an infinite one of a sample that is nearly so.
    guard samples.allSatisfy(\.isFinite) else {
        throw AudioError(path: path, fault: "holds samples that are no numbers, or too large to be sound")
    }
    return AudioClip(samples: samples, sourceSampleRate: info.sampleRate, sourceChannels: info.channels)
}

/// The frames that a segment names.
func frames(
    of segment: Range<Double>, in info: AudioInfo, path: String
) throws(AudioError) -> Range<Int> {
    guard segment.lowerBound >= 0, segment.upperBound <= info.seconds + segmentSlackSeconds else {
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
