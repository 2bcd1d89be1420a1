internal import Files
internal import Foundation

/// Bytes of a file that libsndfile reads as a separate file.
struct AudioPiece: Sendable {
    /// Their range.
    let range: Range<Int>
    /// Bytes to prepend.
    let prefix: [UInt8]

    /// The pieces of a file that libsndfile would not read to its end; empty if it would.
    static func pieces(of path: String) -> [AudioPiece] {
        // A pipe would wait for its writer.
        guard isRegularFile(path), let file = FileHandle(forReadingAtPath: path) else { return [] }
        defer { try? file.close() }
        let start = [UInt8]((try? file.read(upToCount: 4)) ?? Data())
        let isOgg = start.elementsEqual("OggS".utf8)
        // A tag, or the eleven bits with which every frame begins.
        let isMPEG =
            start.starts(with: "ID3".utf8) || start.count == 4 && start[0] == 0xFF && start[1] & 0xE0 == 0xE0
        guard isOgg || isMPEG,
            let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        else { return [] }
        return isOgg ? OggChain(data).pieces : MPEGStream(data)?.pieces ?? []
    }
}
