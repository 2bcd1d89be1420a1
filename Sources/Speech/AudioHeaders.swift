internal import Dispatch
internal import Foundation
internal import Synchronization

/// Headers read at once: disks and file servers answer several requests sooner than one after the other.
private let headersAtOnce = 8

/// Reads the headers of many files, several at once; a file that is named twice is opened once.
///
/// - Parameter progress: Told, from any thread, how many files are done, and of how many.
public func audioInfos(
    paths: [String], progress: (@Sendable (Int, Int) -> Void)? = nil
) -> [Result<AudioInfo, AudioError>] {
    let files = Array(Set(paths))
    let found = Mutex<[String: Result<AudioInfo, AudioError>]>([:])
    let parts = min(headersAtOnce, files.count)
    DispatchQueue.concurrentPerform(iterations: parts) { part in
        // Interleaved, since the neighbours of a slow file are often slow, too.
        for index in stride(from: part, to: files.count, by: parts) {
            let info = Result { () throws(AudioError) in try audioInfo(path: files[index]) }
            let done = found.withLock { found in
                found[files[index]] = info
                return found.count
            }
            progress?(done, files.count)
        }
    }
    let infos = found.withLock { $0 }
    return paths.compactMap { infos[$0] }
}
