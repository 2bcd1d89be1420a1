internal import CAudio

/// Samples a second that are believed; from others, resampling would make a file of any size of a small one.
private let plausibleRates = 1_000...1_000_000

/// An audio file that is open, in as many pieces as it has.
struct AudioFile: ~Copyable {
    private let path: String
    /// What all of it holds; of several pieces, at the first one's rate.
    let info: AudioInfo
    /// The file, or its first piece.
    private let first: AudioStream
    private let pieces: [AudioPiece]
    /// The frames that each piece holds, at its own rate.
    private let pieceInfos: [AudioInfo]
    /// Whether the header left the length open, so that it had to be counted.
    private let isCounted: Bool

    /// Opens a file and finds how long it is.
    init(_ path: String) throws(AudioError) {
        let pieces = AudioPiece.pieces(of: path)
        let first = try AudioStream(path, pieces.first)
        var infos = [try Self.info(of: first)]
        let isCounted = infos[0].frames == Int.max
        if isCounted {
            let counted = try AudioStream(path, pieces.first).countFrames()
            infos[0] = AudioInfo(
                frames: counted, sampleRate: infos[0].sampleRate, channels: infos[0].channels)
        }
        for piece in pieces.dropFirst() { infos.append(try Self.info(of: try AudioStream(path, piece))) }
        var frames = infos[0].frames
        for info in infos.dropFirst() {
            // A sum of what several headers state may be larger than any number.
            frames = min(frames, 1 << 60) + resampledCount(info.frames, info.sampleRate, infos[0].sampleRate)
        }
        info = AudioInfo(frames: frames, sampleRate: infos[0].sampleRate, channels: infos[0].channels)
        pieceInfos = infos
        self.path = path
        self.pieces = pieces
        self.isCounted = isCounted
        self.first = first
    }

    private static func info(of stream: borrowing AudioStream) throws(AudioError) -> AudioInfo {
        guard plausibleRates.contains(stream.sampleRate) else {
            throw AudioError(path: stream.path, fault: "states a sample rate of \(stream.sampleRate)")
        }
        var frames = stream.statedFrames
        if !stream.isPiece, let wave = WaveHeader(path: stream.path), wave.presentBytes < wave.statedBytes,
            frames > 0
        {
            // Within what a number can hold: header and samples need not agree.
            let stated = Double(frames) * Double(wave.statedBytes) / Double(max(1, wave.presentBytes))
            frames = Int(min(stated, 0x1p62))
        }
        return AudioInfo(frames: frames, sampleRate: stream.sampleRate, channels: stream.channels)
    }

    /// Decodes frames, as many of them as there are.
    func read(_ range: Range<Int>, channels: [Int]?) throws(AudioError) -> [Float] {
        guard pieces.count > 1 else {
            return try first.read(range, channels: channels, decodingUpTo: isCounted)
        }
        var samples: [Float] = []
        var start = 0
        for (piece, info) in zip(pieces, pieceInfos) {
            let count = resampledCount(info.frames, info.sampleRate, self.info.sampleRate)
            let wanted = range.clamped(to: start..<start + count)
            if !wanted.isEmpty {
                samples += try read(
                    wanted.lowerBound - start..<wanted.upperBound - start, of: piece, info, channels)
            }
            start += count
        }
        return samples
    }

    /// Decodes frames of a piece, both at the rate of the whole.
    private func read(
        _ range: Range<Int>, of piece: AudioPiece, _ info: AudioInfo, _ channels: [Int]?
    ) throws(AudioError) -> [Float] {
        let stream = try AudioStream(path, piece)
        guard info.sampleRate != self.info.sampleRate else {
            return try stream.read(range, channels: channels)
        }
        let all = try resample(
            try stream.read(0..<info.frames, channels: channels), from: info.sampleRate,
            to: self.info.sampleRate, path: path)
        return Array(all[range.clamped(to: 0..<all.count)])
    }
}

/// How many frames there are at another rate.
private func resampledCount(_ frames: Int, _ source: Int, _ target: Int) -> Int {
    let count = (Double(frames) * Double(target) / Double(source)).rounded()
    return source == target ? min(frames, 1 << 60) : Int(min(count, 0x1p60))
}

/// Brings mono audio to another rate.
func resample(
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
        throw AudioError(path: path, fault: "cannot be resampled: \(AudioStream.text(message))")
    }
    output.removeLast(capacity - written)
    return output
}
