internal import Foundation

/// Reads fairseq's `SPLIT.tsv` (root folder, then `path<TAB>frames`) with `SPLIT.ltr` or `SPLIT.phn` beside
/// it.
func readFairseq(_ path: String, labels: Manifest.Labels) throws(ManifestError) -> [Utterance] {
    let labelPath = String(path.dropLast(3)) + labels.fairseqExtension
    let lines = try textLines(of: path)
    guard let root = lines.first, !root.isEmpty else {
        throw ManifestError(path, ["line 1: the root folder is missing"])
    }
    guard FileManager.default.fileExists(atPath: labelPath) else {
        throw ManifestError(path, ["its labels \(labelPath) are missing"])
    }
    let transcripts = try textLines(of: labelPath)
    guard transcripts.count == lines.count - 1 else {
        throw ManifestError(
            path, ["\(lines.count - 1) audio files, but \(transcripts.count) lines of labels in \(labelPath)"]
        )
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
                    text: labels == .letters ? wordsOfLetters(transcripts[index]) : transcripts[index],
                    language: nil, speaker: nil, origin: "\(path):\(index + 2)"))
        } catch {
            faults.append("\(place): \(error)")
        }
    }
    guard faults.isEmpty else { throw ManifestError(path, faults) }
    return utterances
}

/// `H E L L O | W O R L D |` as `HELLO WORLD`.
private func wordsOfLetters(_ line: String) -> String {
    line.split(separator: " ").joined().split(separator: "|").joined(separator: " ")
}
