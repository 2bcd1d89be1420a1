internal import Foundation
internal import Tensors

/// A file's size, age and content hash, to see whether two nodes have the same file.
package struct FileDigest {
    package let size: Int
    /// Seconds since 1970.
    package let modified: Int
    package let hash: String

    private static let pieceBytes = 1 << 20
    /// Pieces to read of a large file: its ends, and others evenly between.
    private static let pieceCount = 16

    /// Reads a whole file if it is smaller than a number of bytes, else pieces of it; nil if it cannot be
    /// read.
    package init?(path: String, wholeBelow limit: Int) {
        let path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            attributes[.type] as? FileAttributeType == .typeRegular,
            let size = (attributes[.size] as? NSNumber)?.intValue,
            let file = FileHandle(forReadingAtPath: path)
        else { return nil }
        defer { try? file.close() }
        self.size = size
        modified = Int((attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0)
        var hash = WordHash(start: UInt64(size))
        for offset in Self.offsets(size: size, wholeBelow: limit) {
            guard (try? file.seek(toOffset: UInt64(offset))) != nil,
                let piece = try? file.read(upToCount: min(Self.pieceBytes, size - offset))
            else { return nil }
            hash.combine(piece)
        }
        self.hash = hash.description
    }

    private static func offsets(size: Int, wholeBelow limit: Int) -> [Int] {
        guard size >= limit, size > pieceBytes * pieceCount else {
            return Array(stride(from: 0, to: size, by: pieceBytes))
        }
        return (0..<pieceCount).map { (size - pieceBytes) / (pieceCount - 1) * $0 }
    }
}

/// A hash of bytes, a word at a time, in the manner of FNV-1a: it detects accidental differences, quickly
/// enough for a program of many megabytes.
struct WordHash: CustomStringConvertible {
    private var value: UInt64

    init(start: UInt64) { value = 0xCBF2_9CE4_8422_2325 ^ start }

    /// Adds bytes, padded with zeros to whole words.
    mutating func combine(_ bytes: Data) {
        let padded = bytes.count % 8 == 0 ? bytes : bytes + Data(count: 8 - bytes.count % 8)
        padded.withUnsafeBytes { buffer in
            var (hash, offset) = (value, 0)
            while offset < buffer.count {
                hash =
                    (hash ^ buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                    &* 0x9E37_79B9_7F4A_7C15
                hash ^= hash &>> 32
                offset += 8
            }
            value = hash
        }
    }

    /// Sixteen hexadecimal digits.
    var description: String { ContentHash.text(value) }
}
