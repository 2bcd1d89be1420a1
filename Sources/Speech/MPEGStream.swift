internal import Foundation

/// An MP3 file examined frame by frame.
///
/// Without a complete Xing header, libsndfile estimates the length from the first bytes and stops reading
/// there. Here frames are counted, and a header with the right number is prepended.
struct MPEGStream {
    /// The pieces of the file to be decoded one after another; empty if the file's own header is right.
    let pieces: [AudioPiece]

    /// Examines a file; nil if it is not MPEG audio.
    init?(_ data: Data) {
        var walk = MPEGWalk(data)
        guard let first = walk.next() else { return nil }
        if let info = MPEGInfo(first, of: data), info.agrees(fileBytes: walk.soundEnd - first.place) {
            pieces = []
            return
        }
        var runs = [MPEGRun(first)]
        while let frame = walk.next() {
            if frame.header.belongs(with: runs[runs.count - 1].first.header) {
                runs[runs.count - 1].add(frame)
            } else {
                runs.append(MPEGRun(frame))
            }
        }
        let info = MPEGInfo(first, of: data)
        // A file that states more than it has was truncated, which libsndfile detects.
        if runs.count == 1, let info, info.frames >= runs[0].count - 1 {
            pieces = []
        } else {
            let isThree = runs.allSatisfy { $0.first.header.isLayerThree }
            pieces =
                isThree ? runs.enumerated().map { $0.element.piece(of: data, isFirst: $0.offset == 0) } : []
        }
    }
}

/// A frame and its offset.
private struct MPEGFrame {
    let header: MPEGHeader
    let place: Int
}

/// Consecutive frames for one decoder.
private struct MPEGRun {
    let first: MPEGFrame
    private(set) var count = 1
    private var end: Int

    init(_ first: MPEGFrame) {
        self.first = first
        end = first.place + first.header.size
    }

    mutating func add(_ frame: MPEGFrame) {
        count += 1
        end = frame.place + frame.header.size
    }

    /// The run, preceded by a header that states its length.
    ///
    /// In concatenated files, the inner headers are frames of silence, as in ffmpeg and players, so that
    /// times are the same everywhere.
    func piece(of data: Data, isFirst: Bool) -> AudioPiece {
        guard isFirst, var header = MPEGInfo(first, of: data)?.frame else {
            return AudioPiece(
                range: first.place..<end, prefix: Self.header(like: first, of: data, frames: count))
        }
        // The file's own, which states the encoder's delay, with the right numbers.
        let start = first.place + first.header.size
        MPEGInfo.write(frames: count - 1, bytes: header.count + end - start, into: &header, at: first.header)
        return AudioPiece(range: start..<end, prefix: header)
    }

    /// A frame without sound that states how many follow.
    private static func header(like frame: MPEGFrame, of data: Data, frames: Int) -> [UInt8] {
        var bytes = data.bytes(frame.place, 4)
        // No checksum, the highest bit rate, no padding.
        bytes[1] |= 1
        bytes[2] = bytes[2] & 0x0D | 0xE0
        guard let header = MPEGHeader(bytes) else { return [] }
        bytes += [UInt8](repeating: 0, count: header.size - 4)
        for (index, byte) in "Xing".utf8.enumerated() { bytes[header.infoOffset + index] = byte }
        bytes[header.infoOffset + 7] = 1
        MPEGInfo.write(frames: frames, bytes: 0, into: &bytes, at: header)
        return bytes
    }
}

/// What a file's first frame states about the whole, as written by the Xing and LAME encoders.
private struct MPEGInfo {
    /// The frame itself.
    let frame: [UInt8]
    /// Frames of sound after it; 0 if a program wrote to a pipe.
    let frames: Int
    /// Bytes of all frames, including this one; 0 if not stated.
    let bytes: Int

    init?(_ frame: MPEGFrame, of data: Data) {
        let content = data.bytes(frame.place, frame.header.size)
        let offset = frame.header.infoOffset
        guard frame.header.isLayerThree, content.count >= offset + 16 else { return nil }
        let name = content[offset..<offset + 4]
        guard name.elementsEqual("Xing".utf8) || name.elementsEqual("Info".utf8) else { return nil }
        let flags = content[offset + 7]
        func number(_ place: Int) -> Int { content[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
        self.frame = content
        frames = flags & 1 != 0 ? number(offset + 8) : 0
        bytes = flags & 3 == 3 ? number(offset + 12) : 0
    }

    /// Whether the frame was written for this file alone, with nothing appended.
    func agrees(fileBytes: Int) -> Bool {
        // Tags of a few bytes may follow at the end.
        frames > 0 && bytes > 0 && abs(bytes - fileBytes) <= 512
    }

    /// Puts numbers into a frame that has places for them.
    static func write(frames: Int, bytes: Int, into frame: inout [UInt8], at header: MPEGHeader) {
        func put(_ value: Int, at place: Int) {
            for index in 0..<4 where place + index < frame.count {
                frame[place + index] = UInt8(truncatingIfNeeded: value >> (8 * (3 - index)))
            }
        }
        let flags = frame[header.infoOffset + 7]
        if flags & 1 != 0 { put(frames, at: header.infoOffset + 8) }
        if flags & 3 == 3 { put(bytes, at: header.infoOffset + 12) }
    }
}

/// Iterates over frames, skipping tags and anything else in between.
private struct MPEGWalk {
    private let data: Data
    private var position = 0
    /// Where tags at the end begin.
    let soundEnd: Int

    /// The number of consecutive non-frame bytes after which scanning stops.
    private static let longestJunk = 1 << 20

    init(_ data: Data) {
        self.data = data
        var end = data.count
        if end >= 128, data.bytes(end - 128, 3).elementsEqual("TAG".utf8) { end -= 128 }
        soundEnd = end
        skipTags()
    }

    /// The next whole frame.
    mutating func next() -> MPEGFrame? {
        skipTags()
        if let header = header(at: position) { return take(header) }
        // Bytes that are not a frame are skipped, up to a header that is followed by another.
        let limit = min(soundEnd, position + Self.longestJunk)
        while position + 4 <= limit {
            guard let next = data.firstIndex(of: 0xFF, from: position + 1, to: soundEnd) else { break }
            position = next
            skipTags()
            if let header = header(at: position), isFollowed(header) { return take(header) }
        }
        position = soundEnd
        return nil
    }

    private mutating func take(_ header: MPEGHeader) -> MPEGFrame {
        defer { position += header.size }
        return MPEGFrame(header: header, place: position)
    }

    private func header(at place: Int) -> MPEGHeader? {
        guard place + 4 <= soundEnd, let header = MPEGHeader(data.bytes(place, 4)),
            place + header.size <= soundEnd
        else { return nil }
        return header
    }

    private func isFollowed(_ header: MPEGHeader) -> Bool {
        let end = position + header.size
        return end == soundEnd || self.header(at: end)?.belongs(with: header) == true
    }

    /// ID3 version 2, at any position: ten bytes, of which four give its length in seven bits each.
    private mutating func skipTags() {
        while position + 10 <= soundEnd {
            let start = data.bytes(position, 10)
            guard start.prefix(3).elementsEqual("ID3".utf8) else { return }
            position +=
                10 + start[6...].reduce(0) { $0 << 7 | Int($1 & 0x7F) } + (start[5] & 0x10 != 0 ? 10 : 0)
        }
        position = min(position, soundEnd)
    }
}

extension Data {
    /// Bytes from an offset on, as many as there are.
    fileprivate func bytes(_ offset: Int, _ count: Int) -> [UInt8] {
        guard offset < self.count else { return [] }
        let start = startIndex + offset
        return [UInt8](self[start..<Swift.min(start + count, endIndex)])
    }

    fileprivate func firstIndex(of byte: UInt8, from start: Int, to end: Int) -> Int? {
        guard start < end else { return nil }
        return self[startIndex + start..<startIndex + end].firstIndex(of: byte).map { $0 - startIndex }
    }
}
