internal import Checkpoints
internal import Foundation
internal import Session
internal import Speech
internal import Tasks
internal import Training

/// Writes a corpus of any format as one JSONL manifest.
func runCorpusConversion(_ options: CorpusConvert, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        try options.manifest.requireFree(reading: options.corpus)
        let manifest = try options.corpus.manifest()
        try options.manifest.write(manifest.utterances)
    }
}

extension ManifestOutput {
    /// Refuses to replace what nobody asked to have replaced.
    func requireFree(reading corpus: CorpusArguments) throws {
        try OutputPlace(output, reading: [corpus.file], overwrites: overwrite.isAsked).requireFreeForFile()
    }

    /// Writes the manifest atomically, and prints what it holds.
    func write(_ utterances: [Utterance]) throws {
        let folder = output.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(output[...$0]) } ?? ""
        try AtomicFile.write(manifestText(utterances, folder: folder, paths: paths), to: output)
        print("\(output): \(summary(utterances))")
    }
}

/// The number of utterances and amount of audio, in words.
func summary(_ utterances: [Utterance]) -> String {
    let seconds = utterances.reduce(0) { $0 + $1.durationSeconds }
    let speakers = Set(utterances.compactMap(\.speaker?.bytes)).count
    return "\(utterances.count) utterances, \(Progress.duration(seconds))"
        + (speakers > 0 ? ", \(speakers) speaker\(speakers == 1 ? "" : "s")" : "")
}
