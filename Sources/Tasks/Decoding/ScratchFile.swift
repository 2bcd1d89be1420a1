internal import Checkpoints
package import Decoding
internal import Foundation
internal import Program
package import Tensors

#if canImport(Glibc)
    internal import Glibc
#endif

/// A temporary file that goes with its owner; without a name, unless others are to open it.
package final class ScratchFile: Scratch {
    // A class: it is removed once, with its last reader.
    private let handle: FileHandle
    package private(set) var count = 0
    /// Its name, as long as it has one.
    private(set) var path: String?

    /// An empty file in a folder.
    ///
    /// - Parameter isNamed: Whether other processes of this user are to find it, until it loses its name.
    package init(in folder: String, isNamed: Bool = false) throws {
        var name = Array("\(folder.isEmpty ? "." : folder)/parp-scratch-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else {
            throw UserError(
                .fault, "\(folder): no temporary file can be created: \(String(cString: strerror(errno)))")
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        path = String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        if !isNamed { loseName() }
    }

    deinit { loseName() }

    /// Takes its name away; whoever has it open keeps it.
    func loseName() {
        if let path = path.take() { unlink(path) }
    }

    package func append(_ bytes: [UInt8]) throws {
        do {
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(bytes))
        } catch {
            throw UserError(.fault, "temporary files cannot be written: \(error.localizedDescription)")
        }
        count += bytes.count
    }

    package func read(_ range: Range<Int>) throws -> [UInt8] {
        try handle.seek(toOffset: UInt64(range.lowerBound))
        return [UInt8](try handle.read(upToCount: range.count) ?? Data())
    }

    /// All bytes, mapped; the file stays as long as they do.
    package func mapped() throws -> MappedBytes {
        guard let bytes = MappedBytes(mapping: handle.fileDescriptor, count: count) else {
            throw UserError(.fault, "a temporary file cannot be mapped: \(String(cString: strerror(errno)))")
        }
        return bytes
    }

    /// The workspace for making a model with this much memory; the excess goes to temporary files in the
    /// output's folder.
    package static func workspace(besides output: String, megabytes: Int) -> Workspace {
        let folder = URL(fileURLWithPath: output).deletingLastPathComponent().path
        return Workspace(memoryBytes: megabytes << 20) { try ScratchFile(in: folder) }
    }
}

/// A file that appears in its place once it is complete.
package final class OutputFile: Scratch {
    // A class, as the protocol requires; the file is committed once.
    private var file: AtomicFile?
    package private(set) var count = 0

    /// Starts a file; an existing one is not replaced.
    package init(newFile path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw UserError(.usage, "\(path) exists; nothing is replaced. Move it away, or name another file")
        }
        file = try AtomicFile(path: path)
    }

    package func append(_ bytes: [UInt8]) throws {
        try file?.write(Data(bytes))
        count += bytes.count
    }

    package func read(_ range: Range<Int>) throws -> [UInt8] { [] }

    package func commit() throws { try file.take()?.commit() }
}

/// The bytes of a text file, compressed or not, or of standard input (`-`), piece by piece.
package func textSource(_ path: String) throws -> ByteSource {
    guard let handle = path == "-" ? .standardInput : FileHandle(forReadingAtPath: path) else {
        throw CheckpointError(path, "cannot be read: \(String(cString: strerror(errno)))")
    }
    let start = try handle.read(upToCount: 1 << 18) ?? Data()
    var first: Data? = start
    let plain: ByteSource = {
        if let piece = first.take() { return piece.isEmpty ? nil : [UInt8](piece) }
        guard let piece = try handle.read(upToCount: 1 << 18), !piece.isEmpty else { return nil }
        return [UInt8](piece)
    }
    return start.starts(with: [0x1F, 0x8B]) ? inflate(plain) : plain
}
