internal import Foundation

/// The links of a chained Ogg file: concatenated streams, of which libsndfile reads only the first (RFC 3533,
/// section 4).
struct OggChain {
    /// The pieces of the file to be decoded one after another; empty if there is a single stream.
    let pieces: [AudioPiece]

    /// Iterates over pages; a link begins with the first page of a stream after pages of sound.
    init(_ data: Data) {
        var starts: [Int] = []
        var position = 0
        var isBehindSound = true
        while let page = OggPage(data, at: position) {
            if page.beginsStream && isBehindSound { starts.append(position) }
            isBehindSound = !page.beginsStream
            position += page.size
        }
        guard starts.count > 1 else {
            pieces = []
            return
        }
        pieces = zip(starts, starts.dropFirst() + [position]).map {
            AudioPiece(range: $0..<$1, prefix: [])
        }
    }
}

/// A page of an Ogg file: 27 bytes, a byte for the length of each segment, and the segments.
private struct OggPage {
    let size: Int
    let beginsStream: Bool

    init?(_ data: Data, at offset: Int) {
        let start = data.startIndex + offset
        guard offset + 27 <= data.count, data[start..<start + 4].elementsEqual("OggS".utf8) else {
            return nil
        }
        let segments = Int(data[start + 26])
        guard offset + 27 + segments <= data.count else { return nil }
        size = 27 + segments + data[start + 27..<start + 27 + segments].reduce(0) { $0 + Int($1) }
        beginsStream = data[start + 5] & 2 != 0
    }
}
