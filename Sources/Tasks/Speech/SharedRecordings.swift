internal import Collectives
internal import Foundation
internal import Session
internal import Speech
internal import Training

#if canImport(Glibc)
    internal import Glibc
#endif

/// Recordings whose bytes are compared between ranks, evenly over the set; of the others only sizes are.
private let comparedRecordings = 64
/// Bytes of a recording up to which all are compared; of larger ones, pieces.
private let comparedWhole = 4 << 20
/// Recordings that a message names at most.
private let namedRecordings = 8

extension Session {
    /// Ends all ranks together, with 65, where recordings of the same names are other files on one of them.
    ///
    /// Equal manifests do not tell: a node may have an older copy, or one at another sample rate. The sizes of all files
    /// are compared, which costs one look at each, and the bytes of some. Single samples that differ in a file of the
    /// same size may go unseen.
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
        // Nodes may keep their copies in folders of their own: the manifest's line names the recording everywhere.
        let name = "\(utterance.origin): \((utterance.audioPath as NSString).lastPathComponent)"
        return SharedInput(name, of: utterance.audioPath, wholeBelow: comparedWhole)
    }
}

/// The bytes of the file of each utterance, by what the file system says; of those without one, the largest number.
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
