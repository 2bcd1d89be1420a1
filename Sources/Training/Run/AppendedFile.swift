internal import Foundation
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#endif

/// A file that grows by whole records: a partial record left by a full disk is removed.
final class AppendedFile: Sendable {
    // A class because it counts lost records.
    let path: String
    /// Records lost since the last successful write.
    private let lost = Atomic(0)
    /// Whether a partial record that could not be removed may be at the end.
    private let isTorn = Atomic(false)

    init(path: String) { self.path = path }

    /// The outcome of appending a record.
    enum Outcome: Equatable {
        /// It was written; this many before it were lost.
        case written(afterLosing: Int)
        /// It could not be written; why, and whether it is the first in a row.
        case lost(reason: String, isFirst: Bool)
    }

    /// Appends a record in one call, since other ranks may append to the same file.
    ///
    /// - Parameter separator: Written before it if a partial record could not be removed.
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
                // A short write does not say why; only the next one does.
                let code = errno
                if done > 0 { cutBack(descriptor, by: done) }
                return noteLoss(code)
            }
            done += count
        }
        isTorn.store(false, ordering: .relaxed)
        return .written(afterLosing: lost.exchange(0, ordering: .relaxed))
    }

    /// Removes the partial record that this call has written, unless another rank has written after it.
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
