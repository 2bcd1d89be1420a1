/// A recording, or a part of it, read sequentially: mono, at a requested rate, never all in memory.
///
/// Samples and faults are those of `readAudio`; a truncated file is detected at its end.
public struct AudioPieces: ~Copyable {
    private let path: String
    private let file: AudioFile
    private let channels: [Int]?
    /// Requested frames of the file not yet decoded.
    private var left: Int
    private let wanted: Int
    private let resampler: Resampler
    /// Decoded samples not yet returned.
    private var ready: [Float]
    private var isOver: Bool

    /// Frames that are decoded at once.
    private static let pieceFrames = 1 << 16

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - path: Whatever `readAudio` reads.
    ///   - sampleRate: Wanted samples a second.
    ///   - segment: Seconds of the file to read; nil reads all.
    ///   - channels: The channels to average, counted from 0; nil averages all.
    public init(
        path: String, sampleRate: Int, segment: Range<Double>? = nil, channels: [Int]? = nil
    ) throws(AudioError) {
        let file = try AudioFile(path)
        let range = try Self.wantedFrames(file.info, segment: segment, path: path)
        var ready: [Float] = []
        if file.isContinuous {
            try file.skip(range.lowerBound, channels: channels)
        } else {
            // A chain of several recordings, which are few and short: read at once.
            ready = try readAudio(
                path: path, sampleRate: sampleRate, segment: segment, channels: channels
            ).samples
        }
        resampler = try Resampler(from: file.info.sampleRate, to: sampleRate, path: path)
        self.path = path
        self.channels = channels
        self.ready = ready
        isOver = !file.isContinuous
        wanted = range.count
        left = range.count
        self.file = file
    }

    private static func wantedFrames(
        _ info: AudioInfo, segment: Range<Double>?, path: String
    ) throws(AudioError) -> Range<Int> {
        guard info.frames > 0 else { throw AudioError(path: path, fault: "holds no audio") }
        guard info.frames <= maximumFrames else {
            throw AudioError(path: path, fault: "states \(info.seconds) s of audio, which nobody recorded")
        }
        guard let segment else { return 0..<info.frames }
        return try Speech.frames(of: segment, in: info, path: path)
    }

    /// The next samples, as many as requested unless the recording ends; none after its end.
    public mutating func next(_ count: Int) throws(AudioError) -> [Float] {
        while ready.count < count && !isOver { try decode() }
        let samples = Array(ready.prefix(count))
        ready.removeFirst(samples.count)
        return samples
    }

    private mutating func decode() throws(AudioError) {
        let frames = try file.readOn(min(left, Self.pieceFrames), channels: channels)
        left -= frames.count
        isOver = left == 0 || frames.isEmpty
        if isOver { try requireEnd() }
        let known = ready.count
        try resampler.take(frames, addingTo: &ready)
        if isOver { try resampler.finish(addingTo: &ready) }
        // After resampling, which can make a nearly infinite sample infinite.
        guard ready[known...].allSatisfy(\.isFinite) else {
            throw AudioError(
                path: path, fault: "has samples that are NaN, or too large to be sound")
        }
    }

    private func requireEnd() throws(AudioError) {
        guard left < wanted, Double(left) / Double(file.info.sampleRate) <= headerSlackSeconds else {
            throw AudioError(
                path: path,
                fault:
                    "is cut off: it holds \(wanted - left) of the \(wanted) frames its header states")
        }
    }
}
