internal import CAudio

/// The accepted sample rates; with others, resampling could blow up a small file to any size.
private let plausibleRates = 1_000...1_000_000

/// An open audio file, in all its pieces.
struct AudioFile: ~Copyable {
    private let path: String
    /// The content of the whole; for several pieces, at the first one's rate.
    let info: AudioInfo
    /// The file, or its first piece.
    private let first: AudioStream
    private let pieces: [AudioPiece]
    /// The frames of each piece, at its own rate.
    private let pieceInfos: [AudioInfo]
    /// Whether the header left the length open, so that it had to be counted.
    private let isCounted: Bool

    /// Opens a file and determines its length.
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
            // A sum over several headers may overflow.
            frames = min(frames, 1 << 60) + resampledCount(info.frames, info.sampleRate, infos[0].sampleRate)
        }
        info = AudioInfo(frames: frames, sampleRate: infos[0].sampleRate, channels: infos[0].channels)
        pieceInfos = infos
        self.path = path
        self.pieces = pieces
        self.isCounted = isCounted
        self.first = first
    }

    /// Whether the file can be read in order by `readOn`.
    var isContinuous: Bool { pieces.count <= 1 }

    /// Decodes the next frames of a continuous file, as many of them as there are.
    func readOn(_ count: Int, channels: [Int]?) throws(AudioError) -> [Float] {
        try first.readOn(count, channels: channels)
    }

    /// Seeks to a frame of a continuous file from which nothing has been read.
    func skip(_ frames: Int, channels: [Int]?) throws(AudioError) {
        guard frames > 0 else { return }
        guard isCounted else { return try first.seek(frames) }
        // If seeking is not possible, frames are decoded and dropped.
        var left = frames
        while left > 0 {
            let read = try first.readOn(min(left, 1 << 16), channels: channels).count
            guard read > 0 else { return }
            left -= read
        }
    }

    private static func info(of stream: borrowing AudioStream) throws(AudioError) -> AudioInfo {
        guard plausibleRates.contains(stream.sampleRate) else {
            throw AudioError(path: stream.path, fault: "states a sample rate of \(stream.sampleRate)")
        }
        var frames = stream.statedFrames
        if !stream.isPiece, let wave = WaveHeader(path: stream.path), wave.presentBytes < wave.statedBytes,
            frames > 0
        {
            // Clamped: header and samples need not agree.
            let stated = Double(frames) * Double(wave.statedBytes) / Double(max(1, wave.presentBytes))
            frames = Int(min(stated, 0x1p62))
        }
        return AudioInfo(frames: frames, sampleRate: stream.sampleRate, channels: stream.channels)
    }

    /// Decodes frames block by block, as many as there are.
    func forEachBlock(
        _ range: Range<Int>, channels: [Int]?, _ body: ([Float]) throws(AudioError) -> Void
    ) throws(AudioError) {
        guard pieces.count > 1 else {
            return try first.forEachBlock(range, channels: channels, decodingUpTo: isCounted, body)
        }
        var start = 0
        for (piece, info) in zip(pieces, pieceInfos) {
            let count = resampledCount(info.frames, info.sampleRate, self.info.sampleRate)
            let wanted = range.clamped(to: start..<start + count)
            if !wanted.isEmpty {
                let own = wanted.lowerBound - start..<wanted.upperBound - start
                try forEachBlock(own, of: piece, info, channels, body)
            }
            start += count
        }
    }

    /// Decodes frames of a piece, both at the rate of the whole.
    private func forEachBlock(
        _ range: Range<Int>, of piece: AudioPiece, _ info: AudioInfo, _ channels: [Int]?,
        _ body: ([Float]) throws(AudioError) -> Void
    ) throws(AudioError) {
        let stream = try AudioStream(path, piece)
        guard info.sampleRate != self.info.sampleRate else {
            return try stream.forEachBlock(range, channels: channels, body)
        }
        let resampler = try Resampler(from: info.sampleRate, to: self.info.sampleRate, path: path)
        var all: [Float] = []
        try stream.forEachBlock(0..<info.frames, channels: channels) { block throws(AudioError) in
            try resampler.take(block, addingTo: &all)
        }
        try resampler.finish(addingTo: &all)
        try body(Array(all[range.clamped(to: 0..<all.count)]))
    }
}
