internal import Collectives
internal import Foundation
internal import Session
internal import Speech
internal import Training

#if canImport(Glibc)
    internal import Glibc
#endif

/// Recordings whose bytes are compared between ranks, spread evenly over the set; for others only sizes are.
private let comparedRecordings = 64
/// The size up to which all bytes of a recording are compared; of larger ones, pieces.
private let comparedWhole = 4 << 20
/// The maximum number of recordings named in a message.
private let namedRecordings = 8

extension Session {
    /// Ends all ranks together, with 65, if recordings of the same names differ on one of them.
    ///
    /// Equal manifests are no proof: a node may have an older copy, or one at another sample rate. The sizes
    /// of all files are compared, at the cost of one `stat` each, and the bytes of some. Differences in
    /// single samples of a file of the same size may go unnoticed.
    func requireSameRecordings(_ utterances: [Utterance]) throws {
        guard communicator.size > 1 else { return }
        let sizes = fileSizes(utterances)
        var expected = sizes
        try communicator.broadcast(&expected, root: 0)
        let other = utterances.indices.lazy.filter { sizes[$0] != expected[$0] }.prefix(namedRecordings)
        let named = Set(try exchange(Array(other)).flatMap { $0 })
        let step = max(1, utterances.count / comparedRecordings)
        let compared = named.isEmpty ? Array(stride(from: 0, to: utterances.count, by: step)) : named.sorted()
        try requireSame(
            compared.prefix(named.isEmpty ? .max : namedRecordings).map { content(of: utterances[$0]) })
    }

    private func content(of utterance: Utterance) -> SharedInput {
        // Nodes may keep their copies in different folders: the manifest's line identifies the recording
        // everywhere.
        let name = "\(utterance.origin): \((utterance.audioPath as NSString).lastPathComponent)"
        return SharedInput(name, of: utterance.audioPath, wholeBelow: comparedWhole)
    }
}

/// The file size of each utterance; the largest number if there is no file.
private func fileSizes(_ utterances: [Utterance]) -> [UInt64] {
    var known: (path: String, size: UInt64)?
    return utterances.map { utterance in
        // Neighbours are often pieces of one recording.
        if let known, known.path.utf8.elementsEqual(utterance.audioPath.utf8) { return known.size }
        var status = stat()
        let size = stat(utterance.audioPath, &status) == 0 ? UInt64(status.st_size) : .max
        known = (utterance.audioPath, size)
        return size
    }
}
