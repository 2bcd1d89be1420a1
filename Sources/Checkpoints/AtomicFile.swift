public import Foundation

#if canImport(Glibc)
    internal import Glibc
#endif

/// A file written beside its place and moved there once it is whole and on disk: readers see the old one or
/// the new.
public struct AtomicFile: ~Copyable {
    private let path: String
    private let temporaryPath: String
    private let handle: FileHandle
    private var isCommitted = false

    /// Starts a file that will replace `path`.
    public init(path: String) throws(CheckpointError) {
        self.path = path
        temporaryPath = "\(path).partial-\(ProcessInfo.processInfo.processIdentifier)"
        guard FileManager.default.createFile(atPath: temporaryPath, contents: nil),
            let handle = FileHandle(forWritingAtPath: temporaryPath)
        else { throw CheckpointError(path, "cannot be written: \(String(cString: strerror(errno)))") }
        self.handle = handle
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

    /// Brings the file to disk and to its place; without `durable`, to its place only.
    public consuming func commit(durable: Bool = true) throws(CheckpointError) {
        do {
            if durable { try handle.synchronize() }
            try handle.close()
        } catch {
            throw CheckpointError(path, "cannot be written: \(reason(error))")
        }
        guard rename(temporaryPath, path) == 0 else {
            throw CheckpointError(path, "cannot be put in place: \(String(cString: strerror(errno)))")
        }
        isCommitted = true
        if durable { synchronizeDirectory((path as NSString).deletingLastPathComponent) }
    }

    /// Writes a small file at once.
    public static func write(_ data: Data, to path: String) throws(CheckpointError) {
        var file = try AtomicFile(path: path)
        try file.write(data)
        try file.commit()
    }
}

/// A folder filled beside its place and moved there once it is whole; one that was there goes only then.
public struct AtomicDirectory: ~Copyable {
    private let path: String
    /// Where its files are to be written.
    public let temporaryPath: String
    private var isCommitted = false

    /// Starts a folder that will replace `path`.
    public init(path: String) throws(CheckpointError) {
        self.path = path
        temporaryPath = "\(path).partial-\(ProcessInfo.processInfo.processIdentifier)"
        do {
            try FileManager.default.createDirectory(
                atPath: temporaryPath, withIntermediateDirectories: true)
        } catch {
            throw CheckpointError(path, "cannot be made: \(reason(error))")
        }
    }

    deinit {
        if !isCommitted { try? FileManager.default.removeItem(atPath: temporaryPath) }
    }

    /// Moves the folder to its place.
    public consuming func commit() throws(CheckpointError) {
        synchronizeDirectory(temporaryPath)
        let files = FileManager.default
        let outgoing = "\(path).outgoing-\(ProcessInfo.processInfo.processIdentifier)"
        do {
            if files.fileExists(atPath: path) { try files.moveItem(atPath: path, toPath: outgoing) }
            try files.moveItem(atPath: temporaryPath, toPath: path)
            isCommitted = true
            synchronizeDirectory((path as NSString).deletingLastPathComponent)
            if files.fileExists(atPath: outgoing) { try files.removeItem(atPath: outgoing) }
        } catch {
            throw CheckpointError(path, "cannot be put in place: \(reason(error))")
        }
    }
}

private func synchronizeDirectory(_ path: String) {
    let descriptor = open(path.isEmpty ? "." : path, O_RDONLY)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
}

/// What the system said, without the wrapping that Foundation gives it.
func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
    return underlying.domain == NSPOSIXErrorDomain
        ? String(cString: strerror(Int32(underlying.code))) : error.localizedDescription
}
