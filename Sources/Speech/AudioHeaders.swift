internal import Dispatch
internal import Foundation
internal import Synchronization

/// Headers read at once: disks and file servers answer several requests sooner than one after the other.
private let headersAtOnce = 8

/// Reads the headers of many files, several at once; a file that is named twice is opened once.
///
/// - Parameter progress: Called from any thread with the number of files done and the total.
public func audioInfos(
    paths: [String], progress: (@Sendable (Int, Int) -> Void)? = nil
) -> [Result<AudioInfo, AudioError>] {
    distinctFiles(paths, atOnce: headersAtOnce, progress: progress) { path throws(AudioError) in
        try audioInfo(path: path)
    }
}

/// Processes many files, several at once, and repeated names only once; results are in the order of the
/// names.
///
/// - Parameter progress: Called from any thread with the number of files done and the total.
package func distinctFiles<Found: Sendable>(
    _ paths: [String], atOnce: Int, progress: (@Sendable (Int, Int) -> Void)? = nil,
    _ body: @Sendable (String) throws(AudioError) -> Found
) -> [Result<Found, AudioError>] {
    var places: [[UInt8]: Int] = [:]
    var files: [String] = []
    let placeOfPath = paths.map { path in
        if let place = places[path.bytes] { return place }
        places[path.bytes] = files.count
        files.append(path)
        return files.count - 1
    }
    let names = files
    let found = Mutex<[Int: Result<Found, AudioError>]>([:])
    let parts = min(atOnce, names.count)
    DispatchQueue.concurrentPerform(iterations: parts) { part in
        // Interleaved, since the neighbours of a slow file are often slow, too.
        for index in stride(from: part, to: names.count, by: parts) {
            let result = Result { () throws(AudioError) in try body(names[index]) }
            let done = found.withLock { found in
                found[index] = result
                return found.count
            }
            progress?(done, names.count)
        }
    }
    let results = found.withLock { $0 }
    return placeOfPath.compactMap { results[$0] }
}
