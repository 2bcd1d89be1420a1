internal import Foundation

/// Reads fairseq's `SPLIT.tsv` (root folder, then `path<TAB>frames`) with `SPLIT.ltr` or `SPLIT.phn` beside
/// it; without `labels`, the audio alone.
func readFairseq(_ path: String, labels: Manifest.Labels?) throws(ManifestError) -> [Utterance] {
    let lines = try textLines(of: path)
    guard let root = lines.first, !root.isEmpty else {
        throw ManifestError(path, ["line 1: the root folder is missing"])
    }
    let transcripts = try labels.map { labels throws(ManifestError) in
        try transcriptLines(besides: path, labels: labels, count: lines.count - 1)
    }
    var utterances: [Utterance] = []
    var faults: [String] = []
    for (index, line) in lines.dropFirst().enumerated() {
        let place = "line \(index + 2)"
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count == 2, let frames = Int(fields[1]), frames > 0 else {
            faults.append("\(place): expected a path, a tab and a number of frames")
            continue
        }
        let audioPath = resolve(root, besides: path) + "/" + fields[0]
        do {
            // The file counts frames at its own rate, which only the header knows.
            let rate = try audioInfo(path: audioPath).sampleRate
            utterances.append(
                Utterance(
                    id: String(fields[0]), audioPath: audioPath,
                    durationSeconds: Double(frames) / Double(rate),
                    text: transcripts?[index] ?? "",
                    language: nil, speaker: nil, origin: "\(path):\(index + 2)"))
        } catch {
            faults.append("\(place): \(error)")
        }
    }
    guard faults.isEmpty else { throw ManifestError(path, faults) }
    return utterances
}

/// The transcripts of a manifest's audio files, from the label file beside it.
private func transcriptLines(
    besides path: String, labels: Manifest.Labels, count: Int
) throws(ManifestError) -> [String] {
    let labelPath = String(path.dropLast(3)) + labels.fairseqExtension
    guard FileManager.default.fileExists(atPath: labelPath) else {
        throw ManifestError(path, ["its labels \(labelPath) are missing"])
    }
    let lines = try textLines(of: labelPath)
    guard lines.count == count else {
        throw ManifestError(
            path, ["\(count) audio files, but \(lines.count) lines of labels in \(labelPath)"])
    }
    return labels == .letters ? lines.map(wordsOfLetters) : lines
}

/// `H E L L O | W O R L D |` as `HELLO WORLD`.
private func wordsOfLetters(_ line: String) -> String {
    line.split(separator: " ").joined().split(separator: "|").joined(separator: " ")
}
