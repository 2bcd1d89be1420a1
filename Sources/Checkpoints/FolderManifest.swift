internal import CFiles
internal import Foundation
internal import JSON
internal import Tensors

#if canImport(Glibc)
    internal import Glibc
#endif

/// `manifest.json`: size and hash of each file of a folder, so that a file damaged, truncated or exchanged
/// later is detected.
public enum FolderManifest {
    private static let name = "manifest.json"
    private static let longest = 1 << 20

    private static func path(_ folder: String) -> String { "\(folder)/\(name)" }

    /// Writes the manifest of a folder's files.
    public static func write(into folder: String) throws(CheckpointError) {
        let files = try names(in: folder).map { file throws(CheckpointError) in
            let path = "\(folder)/\(file)"
            return JSONValue.Member(
                file,
                .object([
                    .init("bytes", .integer(try regularFileSize(path))),
                    .init("hash", .string(try hash(path).description)),
                ]))
        }
        try AtomicFile.write(Data((JSONValue.object(files).line + "\n").utf8), to: path(folder))
    }

    /// Whether a folder has a manifest.
    public static func exists(in folder: String) -> Bool {
        FileManager.default.fileExists(atPath: path(folder))
    }

    /// Checks a folder against its manifest.
    ///
    /// - Throws: `CheckpointError` that names the missing or modified file.
    public static func verify(_ folder: String) throws(CheckpointError) {
        let manifest = path(folder)
        guard try regularFileSize(manifest) <= longest,
            let data = FileManager.default.contents(atPath: manifest),
            let files = (try? JSONValue(parsing: data))?.members
        else { throw CheckpointError(manifest, "is broken") }
        for file in files {
            guard !file.key.contains("/"), let bytes = file.value["bytes"]?.integer,
                let expected = file.value["hash"]?.string
            else { throw CheckpointError(manifest, "is broken: \(file.key.prefix(80)) has no size or hash") }
            let path = "\(folder)/\(file.key)"
            let size = try regularFileSize(path)
            guard size == bytes else {
                throw CheckpointError(path, "has \(size) bytes, not the \(bytes) that were written")
            }
            guard try hash(path).description == expected else {
                throw CheckpointError(path, "is not what was written: its hash differs from \(name)'s")
            }
        }
    }

    private static func names(in folder: String) throws(CheckpointError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0 != name }.sorted()
        } catch {
            throw CheckpointError(folder, "cannot be read: \(reason(error))")
        }
    }

    /// The hash of a file's bytes, read in pieces; the last is padded with zeros, and the length is hashed
    /// too.
    private static func hash(_ path: String) throws(CheckpointError) -> ContentHash {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CheckpointError(path, "cannot be read: \(systemReason())") }
        defer { close(descriptor) }
        let piece = FlatBuffer(count: 1 << 20)
        let pieceBytes = piece.count * MemoryLayout<Float>.stride
        var (result, done) = (ContentHash(), 0)
        while true {
            let moved = Int(
                parp_read_at(descriptor, Int64(done), piece.all.pointer, Int64(pieceBytes)))
            guard moved >= 0 else { throw CheckpointError(path, "cannot be read: \(systemReason())") }
            done += moved
            let floats = (moved + 3) / 4
            clearTail(of: piece.all, from: moved)
            result.combine(piece.all.elements(0..<floats))
            if moved < pieceBytes { break }
        }
        result.combine([UInt64(done)])
        return result
    }

    /// Zeros the rest of the last float after the bytes read.
    private static func clearTail(of piece: Tensor, from bytes: Int) {
        guard bytes % 4 != 0 else { return }
        let kept = UInt32.max >> UInt32(8 * (4 - bytes % 4))
        piece[bytes / 4] = Float(bitPattern: piece[bytes / 4].bitPattern & kept)
    }
}
