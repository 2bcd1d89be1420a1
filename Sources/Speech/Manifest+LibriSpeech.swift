internal import Foundation

/// Reads a LibriSpeech tree: `SPEAKER/CHAPTER/SPEAKER-CHAPTER.trans.txt` with one `UTTERANCE TEXT` line a
/// FLAC file.
func readLibriSpeech(_ path: String) throws(ManifestError) -> [Utterance] {
    // A corpus is often a symbolic link to where there is room, and the walk below follows none.
    let root = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    guard let walker = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) else {
        throw ManifestError(path, ["cannot be read"])
    }
    let transcripts = walker.compactMap { $0 as? URL }
        .filter { $0.lastPathComponent.hasSuffix(".trans.txt") }
        .sorted { $0.path < $1.path }
    guard !transcripts.isEmpty else {
        throw ManifestError(path, ["a folder without any *.trans.txt: not a LibriSpeech tree"])
    }
    var utterances: [Utterance] = []
    var faults: [String] = []
    for transcript in transcripts {
        for (index, line) in try textLines(of: transcript.path).enumerated() {
            let place = "\(transcript.path):\(index + 1)"
            guard let space = line.firstIndex(of: " ") else {
                faults.append("\(place): expected an utterance's name, a space and its text")
                continue
            }
            let id = String(line[..<space])
            let audioPath = transcript.deletingLastPathComponent().appendingPathComponent(id + ".flac").path
            do {
                utterances.append(
                    Utterance(
                        id: id, audioPath: audioPath, durationSeconds: try audioInfo(path: audioPath).seconds,
                        text: String(line[line.index(after: space)...]), language: "en",
                        speaker: id.split(separator: "-").first.map(String.init), origin: place))
            } catch {
                faults.append("\(place): \(error)")
            }
        }
    }
    guard faults.isEmpty else { throw ManifestError(path, faults) }
    return utterances
}
