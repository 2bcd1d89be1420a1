internal import Batching
internal import Collectives
internal import Foundation
internal import Models
internal import Recipe
internal import Session
internal import Tasks
internal import Tensors
internal import Training

/// A benchmark's corpus: recordings of noise in a temporary folder, with targets as dense as English letters.
struct NoiseCorpus {
    let folder: String
    let recordings: [MeasuredTraining.Recording]
    /// The utterances of each global batch, as indices of recordings.
    let batches: [[Int]]
    private let isOwner: Bool

    private static let lettersPerSecond = 14.0

    /// Writes one file for each utterance of each batch, on rank 0; all ranks read them.
    init(_ seconds: [[Double]], configuration: Wav2Vec2Configuration, _ session: Session) throws {
        isOwner = session.isRoot
        let name = try session.share("\(ProcessInfo.processInfo.processIdentifier)")
        folder = NSTemporaryDirectory() + "/parp-bench-\(name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var recordings: [MeasuredTraining.Recording] = []
        var batches: [[Int]] = []
        for batch in seconds {
            batches.append(Array(recordings.count..<recordings.count + batch.count))
            for length in batch {
                let samples = Int(length * 16000)
                let path = "\(folder)/\(recordings.count).wav"
                if isOwner { try Self.write(samples, seed: UInt64(recordings.count), to: path) }
                let random = CountedRandom(seed: UInt64(recordings.count), stream: .corpusSplit)
                let labels = max(1, Int(length * Self.lettersPerSecond * 0.8))
                let target = (0..<labels).map {
                    1 + Int(random.uniform(at: UInt64($0)) * Double(configuration.vocabularySize - 1))
                }
                recordings.append(.init(path: path, samples: samples, target: target))
            }
        }
        self.recordings = recordings
        self.batches = batches
    }

    /// The samples of each utterance of an update's global batch.
    func samples(ofUpdate update: Int) -> [Int] {
        batches[update % batches.count].map { recordings[$0].samples }
    }

    /// The batches with only one rank's utterances.
    func share(of session: Session) -> [[Int]] {
        let (rank, size) = (session.communicator.rank, session.communicator.size)
        return batches.map { batch in
            let sorted = batch.sorted { recordings[$0].samples > recordings[$1].samples }
            let own = sorted.indices.filter { $0 % size == rank }.map { sorted[$0] }
            return own.isEmpty ? Array(sorted.prefix(1)) : own
        }
    }

    /// Removes the folder.
    func remove() {
        if isOwner { try? FileManager.default.removeItem(atPath: folder) }
    }

    /// A 16-bit mono WAV file of noise at 16 kHz.
    private static func write(_ samples: Int, seed: UInt64, to path: String) throws {
        let random = CountedRandom(seed: seed, stream: .pretraining)
        var data = Data()
        func append(_ text: String) { data.append(contentsOf: Array(text.utf8)) }
        func append32(_ value: Int) {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: value).littleEndian) {
                data.append(contentsOf: $0)
            }
        }
        func append16(_ value: Int) {
            withUnsafeBytes(of: UInt16(truncatingIfNeeded: value).littleEndian) {
                data.append(contentsOf: $0)
            }
        }
        append("RIFF")
        append32(36 + samples * 2)
        append("WAVEfmt ")
        append32(16)
        append16(1)
        append16(1)
        append32(16000)
        append32(32000)
        append16(2)
        append16(16)
        append("data")
        append32(samples * 2)
        for index in 0..<samples { append16(Int(random.uniform(at: UInt64(index)) * 16384) - 8192) }
        try data.write(to: URL(fileURLWithPath: path))
    }
}
