internal import CAudio
internal import Files

/// A file, or a piece of one, that libsndfile has open; closed at its end of life.
struct AudioStream: ~Copyable {
    private let handle: OpaquePointer
    let path: String
    /// Whether it is a piece of the file with that path.
    let isPiece: Bool

    /// Opens a file, or a piece of it.
    init(_ path: String, _ piece: AudioPiece? = nil) throws(AudioError) {
        var message = [CChar](repeating: 0, count: 256)
        let opened =
            if let piece {
                parp_audio_open_piece(
                    path, Int64(piece.range.lowerBound), Int64(piece.range.upperBound), piece.prefix,
                    Int64(piece.prefix.count), &message, 256)
            } else {
                parp_audio_open(path, &message, 256)
            }
        guard let opened else {
            let fault = strangerFault(path).map { "it " + $0 } ?? Self.text(message)
            throw AudioError(path: path, fault: "cannot be opened as audio: \(fault)")
        }
        handle = opened
        self.path = path
        isPiece = piece != nil
    }

    deinit { parp_audio_close(handle) }

    /// Samples a second.
    var sampleRate: Int { Int(parp_audio_sample_rate(handle)) }
    var channels: Int { Int(parp_audio_channels(handle)) }
    /// Frames as the header states them; `Int.max` where it leaves them open.
    var statedFrames: Int { Int(parp_audio_stated_frames(handle)) }

    /// Decodes frames, as many of them as there are.
    ///
    /// - Parameter decodingUpTo: Whether frames before them are decoded and dropped, because the file cannot be entered
    ///   in its middle.
    func read(
        _ range: Range<Int>, channels: [Int]?, decodingUpTo: Bool = false
    ) throws(AudioError) -> [Float] {
        let heard = try heard(channels)
        if decodingUpTo {
            let samples = try decode(range.upperBound, heard)
            return Array(samples.dropFirst(range.lowerBound))
        }
        guard range.lowerBound == 0 || parp_audio_seek(handle, Int64(range.lowerBound)) == 0 else {
            let start = Double(range.lowerBound) / Double(sampleRate)
            throw AudioError(path: path, fault: "cannot be read from \(start) s on")
        }
        return try decode(range.count, heard)
    }

    /// Decodes all that there is and counts it.
    func countFrames() throws(AudioError) -> Int {
        let heard = try heard(nil)
        var count = 0
        var piece = [Float](repeating: 0, count: Self.pieceFrames)
        while count <= maximumFrames {
            let read = try decode(into: &piece, heard)
            count += read
            if read < piece.count { break }
        }
        return count
    }

    /// An entry a channel: 1 for those that are to be heard.
    private func heard(_ wanted: [Int]?) throws(AudioError) -> [UInt8] {
        guard let wanted else { return [UInt8](repeating: 1, count: channels) }
        guard !wanted.isEmpty, wanted.allSatisfy({ (0..<channels).contains($0) }) else {
            let names = wanted.map(String.init).joined(separator: ", ")
            throw AudioError(
                path: path,
                fault:
                    "has \(channels) channel\(channels == 1 ? "" : "s"), but channel \(names) is asked for, "
                    + "counted from 0")
        }
        return (0..<channels).map { wanted.contains($0) ? 1 : 0 }
    }

    /// Frames that are decoded at once.
    private static let pieceFrames = 1 << 20

    /// Decodes piece after piece, so that memory is spent on what is there and not on what a header states.
    private func decode(_ wanted: Int, _ heard: [UInt8]) throws(AudioError) -> [Float] {
        var samples: [Float] = []
        while samples.count < wanted {
            var piece = [Float](repeating: 0, count: min(Self.pieceFrames, wanted - samples.count))
            let read = try decode(into: &piece, heard)
            samples += piece[..<read]
            if read < piece.count { break }
        }
        return samples
    }

    private func decode(into piece: inout [Float], _ heard: [UInt8]) throws(AudioError) -> Int {
        let read = Int(parp_audio_read(handle, heard, &piece, Int64(piece.count)))
        guard read >= 0 else {
            var message = [CChar](repeating: 0, count: 256)
            parp_audio_message(handle, &message, 256)
            throw AudioError(path: path, fault: "cannot be decoded: \(Self.text(message))")
        }
        return read
    }

    static func text(_ message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
