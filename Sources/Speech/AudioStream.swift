internal import CAudio
internal import Files

/// A file, or a piece of one, opened by libsndfile; closed at its end of life.
struct AudioStream: ~Copyable {
    private let handle: OpaquePointer
    let path: String
    /// Whether it is a piece of the file with that path.
    let isPiece: Bool

    /// Opens a file, or a piece of it.
    init(_ path: String, _ piece: AudioPiece? = nil) throws(AudioError) {
        var message = AudioMessage()
        let opened =
            if let piece {
                parp_audio_open_piece(
                    path, Int64(piece.range.lowerBound), Int64(piece.range.upperBound), piece.prefix,
                    Int64(piece.prefix.count), &message.bytes, AudioMessage.capacity)
            } else {
                parp_audio_open(path, &message.bytes, AudioMessage.capacity)
            }
        guard let opened else {
            let fault =
                strangerFault(path).map { "it \($0)" } ?? foreignSound(path).map { "it is \($0)" }
                ?? message.text
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
    /// Frames by the header; `Int.max` if it leaves them open.
    var statedFrames: Int { Int(parp_audio_stated_frames(handle)) }

    /// Decodes frames block by block, as many as there are: memory is spent on actual data and not on what a
    /// header states.
    ///
    /// - Parameter decodingUpTo: Whether frames before them are decoded and dropped, because the file cannot be entered
    ///   in its middle.
    func forEachBlock(
        _ range: Range<Int>, channels: [Int]?, decodingUpTo: Bool = false,
        _ body: ([Float]) throws(AudioError) -> Void
    ) throws(AudioError) {
        let heard = try heard(channels)
        var position = decodingUpTo ? 0 : range.lowerBound
        guard position == 0 || parp_audio_seek(handle, Int64(position)) == 0 else {
            let start = Double(position) / Double(sampleRate)
            throw AudioError(path: path, fault: "cannot be read from \(start) s on")
        }
        var block: [Float] = []
        while position < range.upperBound {
            let count = min(Self.blockFrames, range.upperBound - position)
            if block.count != count { block = [Float](repeating: 0, count: count) }
            let read = try decode(into: &block, heard)
            let first = max(range.lowerBound - position, 0)
            if first < read { try body(first == 0 && read == count ? block : Array(block[first..<read])) }
            position += read
            if read < count { break }
        }
    }

    /// Decodes everything and counts it.
    func countFrames() throws(AudioError) -> Int {
        let heard = try heard(nil)
        var count = 0
        var block = [Float](repeating: 0, count: Self.blockFrames)
        while count <= maximumFrames {
            let read = try decode(into: &block, heard)
            count += read
            if read < block.count { break }
        }
        return count
    }

    /// Seeks to a frame.
    func seek(_ frame: Int) throws(AudioError) {
        guard parp_audio_seek(handle, Int64(frame)) == 0 else {
            throw AudioError(
                path: path, fault: "cannot be read from \(Double(frame) / Double(sampleRate)) s on")
        }
    }

    /// Decodes the next frames, as many as there are.
    func readOn(_ count: Int, channels: [Int]?) throws(AudioError) -> [Float] {
        let heard = try heard(channels)
        var block = [Float](repeating: 0, count: count)
        let read = try decode(into: &block, heard)
        block.removeLast(count - read)
        return block
    }

    /// One entry per channel: 1 for those to use.
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
    private static let blockFrames = 1 << 18

    private func decode(into block: inout [Float], _ heard: [UInt8]) throws(AudioError) -> Int {
        let read = Int(parp_audio_read(handle, heard, &block, Int64(block.count)))
        guard read >= 0 else {
            var message = AudioMessage()
            parp_audio_message(handle, &message.bytes, AudioMessage.capacity)
            throw AudioError(path: path, fault: "cannot be decoded: \(message.text)")
        }
        return read
    }
}

/// What a library says of a fault.
struct AudioMessage {
    static let capacity: Int32 = 256
    /// Characters up to a zero.
    var bytes = [CChar](repeating: 0, count: Int(capacity))

    var text: String {
        String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
