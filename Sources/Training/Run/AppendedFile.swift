internal import Foundation
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#endif

/// A file that only grows, by whole records: what a full disk left of one is cut away again.
final class AppendedFile: Sendable {
    // A class because it knows what it has lost so far.
    let path: String
    /// Records that could not be written since the last that could.
    private let lost = Atomic(0)
    /// Whether a piece of a record may stand at the end, which could not be cut away.
    private let isTorn = Atomic(false)

    init(path: String) { self.path = path }

    /// What became of a record.
    enum Outcome: Equatable {
        /// It is written; before it, so many were lost.
        case written(afterLosing: Int)
        /// It could not be written, for this reason; whether it is the first in a row.
        case lost(reason: String, isFirst: Bool)
    }

    /// Adds a record in one call: other ranks may add to the same file.
    ///
    /// - Parameter separator: What stands before it if the piece of another could not be cut away.
    func append(_ record: Data, separator: Data = Data()) -> Outcome {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { return noteLoss(errno) }
        defer { close(descriptor) }
        let bytes = isTorn.load(ordering: .relaxed) ? separator + record : record
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                // A short write says nothing of its reason; only the next one does.
                let code = errno
                if done > 0 { cutBack(descriptor, by: done) }
                return noteLoss(code)
            }
            done += count
        }
        isTorn.store(false, ordering: .relaxed)
        return .written(afterLosing: lost.exchange(0, ordering: .relaxed))
    }

    /// Takes away the piece of a record that this call has written, unless another rank has written behind it.
    private func cutBack(_ descriptor: Int32, by count: Int) {
        var status = stat()
        let end = lseek(descriptor, 0, SEEK_CUR)
        guard fstat(descriptor, &status) == 0, status.st_size == end, end >= count,
            ftruncate(descriptor, end - off_t(count)) == 0
        else {
            isTorn.store(true, ordering: .relaxed)
            return
        }
    }

    private func noteLoss(_ code: Int32) -> Outcome {
        let before = lost.add(1, ordering: .relaxed).oldValue
        return .lost(reason: String(cString: strerror(code)), isFirst: before == 0)
    }
}
