internal import Foundation
internal import Recipe
internal import Tensors
internal import Text

/// A file's size, age and content in short, to see whether two nodes have the same.
struct FileDigest {
    let size: Int
    /// Seconds since 1970.
    let modified: Int
    let hash: String

    private static let pieceBytes = 1 << 20
    /// Pieces that are read of a large file: its ends, and others evenly between.
    private static let pieceCount = 16

    /// Reads a file whole if it is smaller than a number of bytes, else pieces of it; nil if it cannot be read.
    init?(path: String, wholeBelow limit: Int) {
        let path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            attributes[.type] as? FileAttributeType == .typeRegular,
            let size = (attributes[.size] as? NSNumber)?.intValue,
            let file = FileHandle(forReadingAtPath: path)
        else { return nil }
        defer { try? file.close() }
        self.size = size
        modified = Int((attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0)
        var hash = ContentHash(seed: UInt64(size))
        for offset in Self.offsets(size: size, wholeBelow: limit) {
            guard (try? file.seek(toOffset: UInt64(offset))) != nil,
                let piece = try? file.read(upToCount: min(Self.pieceBytes, size - offset))
            else { return nil }
            hash.combine(Self.words(piece))
        }
        self.hash = hash.description
    }

    private static func offsets(size: Int, wholeBelow limit: Int) -> [Int] {
        guard size >= limit, size > pieceBytes * pieceCount else {
            return Array(stride(from: 0, to: size, by: pieceBytes))
        }
        return (0..<pieceCount).map { (size - pieceBytes) / (pieceCount - 1) * $0 }
    }

    /// Bytes as words, with zeros behind the last.
    private static func words(_ bytes: Data) -> [UInt64] {
        let padded = bytes + Data(count: (8 - bytes.count % 8) % 8)
        return padded.withUnsafeBytes { buffer in
            (0..<buffer.count / 8).map { buffer.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self) }
        }
    }
}
