internal import Checkpoints
internal import Foundation
internal import Session
internal import Speech
internal import Tasks
internal import Training

/// Options of `parp corpus convert`.
struct CorpusConvertOptions: Sendable {
    /// The corpus.
    var source: CorpusSource
    /// The manifest to write.
    var output: String
    /// How the manifest names the recordings.
    var paths: AudioPaths
    /// Whether an existing file is replaced.
    var overwrites = false

    /// What to convert, and where to.
    init(source: CorpusSource, output: String, paths: AudioPaths = .absolute) {
        self.source = source
        self.output = output
        self.paths = paths
    }
}

/// Writes a corpus of any format as one JSONL manifest.
func runCorpusConversion(_ options: CorpusConvertOptions, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        try OutputPlace(
            options.output, reading: [options.source.file], overwrites: options.overwrites
        ).requireFreeForFile()
        let manifest = try options.source.manifest()
        try writeManifest(manifest.utterances, to: options.output, paths: options.paths)
    }
}

/// Writes a manifest atomically, and prints what it holds.
func writeManifest(_ utterances: [Utterance], to path: String, paths: AudioPaths) throws {
    let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? ""
    try AtomicFile.write(manifestText(utterances, folder: folder, paths: paths), to: path)
    print("\(path): \(summary(utterances))")
}

/// The number of utterances and amount of audio, in words.
func summary(_ utterances: [Utterance]) -> String {
    let seconds = utterances.reduce(0) { $0 + $1.durationSeconds }
    let speakers = Set(utterances.compactMap(\.speaker?.bytes)).count
    return "\(utterances.count) utterances, \(Progress.duration(seconds))"
        + (speakers > 0 ? ", \(speakers) speaker\(speakers == 1 ? "" : "s")" : "")
}
