internal import CFiles
public import Foundation

#if canImport(Glibc)
    internal import Glibc
#endif

/// A file written under a temporary name and moved to its place once it is complete and on disk: readers see
/// the old one or the new.
public struct AtomicFile: ~Copyable {
    private let path: String
    private let temporaryPath: String
    private let handle: FileHandle
    private var isCommitted = false

    /// Starts a file that will replace `path`.
    public init(path: String) throws(CheckpointError) {
        self.path = path
        temporaryPath = besides(path, "partial")
        let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw CheckpointError(path, "cannot be written: \(systemReason())") }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    deinit {
        if !isCommitted { unlink(temporaryPath) }
    }

    /// Adds bytes.
    public mutating func write(_ data: Data) throws(CheckpointError) {
        do {
            try handle.write(contentsOf: data)
        } catch {
            throw CheckpointError(path, "cannot be written: \(reason(error))")
        }
    }

    /// Syncs the file to disk and moves it to its place; without `durable`, only moves it.
    public consuming func commit(durable: Bool = true) throws(CheckpointError) {
        do {
            if durable { try handle.synchronize() }
            try handle.close()
        } catch {
            throw CheckpointError(path, "cannot be written: \(reason(error))")
        }
        guard rename(temporaryPath, path) == 0 else {
            throw CheckpointError(path, "cannot be put in place: \(systemReason())")
        }
        isCommitted = true
        if durable { synchronizeDirectory(parent(of: path)) }
    }

    /// Writes a small file at once.
    public static func write(_ data: Data, to path: String) throws(CheckpointError) {
        var file = try AtomicFile(path: path)
        try file.write(data)
        try file.commit()
    }
}

/// A folder filled under a temporary name and moved to its place once it is complete; only then is an old one
/// removed.
public struct AtomicDirectory: ~Copyable {
    private let path: String
    /// The folder for its files.
    public let temporaryPath: String
    private var isCommitted = false

    /// Starts a folder that will replace `path`.
    public init(path: String) throws(CheckpointError) {
        // A trailing slash would put the temporary folder inside.
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        temporaryPath = besides(self.path, "partial")
        do {
            // A process with the same number, as in containers, may have died here: its files are not ours.
            try removeIfPresent(temporaryPath)
            try FileManager.default.createDirectory(
                atPath: temporaryPath, withIntermediateDirectories: true)
        } catch {
            throw CheckpointError(path, "cannot be created: \(reason(error))")
        }
    }

    deinit {
        if !isCommitted { try? FileManager.default.removeItem(atPath: temporaryPath) }
    }

    /// Moves the folder to its place.
    public consuming func commit() throws(CheckpointError) {
        synchronizeDirectory(temporaryPath)
        // Nothing there yet, or an empty folder: one step.
        if rename(temporaryPath, path) == 0 { return finish() }
        // Old and new are exchanged in one step if the file system supports it.
        if parp_exchange_paths(temporaryPath, path) == 0 {
            isCommitted = true
            synchronizeDirectory(parent(of: path))
            try? FileManager.default.removeItem(atPath: temporaryPath)
            return
        }
        // Otherwise in two steps; in between the old folder has a temporary name.
        let outgoing = besides(path, "outgoing")
        try? removeIfPresent(outgoing)
        guard rename(path, outgoing) == 0 else {
            throw CheckpointError(path, "cannot be put in place: \(systemReason())")
        }
        guard rename(temporaryPath, path) == 0 else {
            let fault = systemReason()
            _ = rename(outgoing, path)
            throw CheckpointError(path, "cannot be put in place: \(fault)")
        }
        try? FileManager.default.removeItem(atPath: outgoing)
        finish()
    }

    private mutating func finish() {
        isCommitted = true
        synchronizeDirectory(parent(of: path))
    }
}

/// A name beside a path that no other process uses.
private func besides(_ path: String, _ purpose: String) -> String {
    "\(path).\(purpose)-\(ProcessInfo.processInfo.processIdentifier)"
}

/// The folder of a path; empty for the current one.
///
/// Foundation's `deletingLastPathComponent` crashes on a relative path of one character.
package func parent(of path: String) -> String {
    let trimmed = path.hasSuffix("/") ? String(path.dropLast()) : path
    guard let slash = trimmed.lastIndex(of: "/") else { return "" }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
}

private func removeIfPresent(_ path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    try FileManager.default.removeItem(atPath: path)
}

private func synchronizeDirectory(_ path: String) {
    let descriptor = open(path.isEmpty ? "." : path, O_RDONLY)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
}

/// The reason of the last failed system call.
func systemReason() -> String { String(cString: strerror(errno)) }

/// The system's reason, without Foundation's wrapping.
func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
    return underlying.domain == NSPOSIXErrorDomain
        ? String(cString: strerror(Int32(underlying.code))) : error.localizedDescription
}
