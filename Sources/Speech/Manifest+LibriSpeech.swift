internal import Files
internal import Foundation

/// Reads a LibriSpeech tree: `SPEAKER/CHAPTER/SPEAKER-CHAPTER.trans.txt` with one `UTTERANCE TEXT` line a
/// FLAC file.
func readLibriSpeech(_ path: String, _ options: Manifest.Reading) throws(ManifestError) -> [Utterance] {
    // A corpus is often a symbolic link to where there is room, and the walk below follows none.
    let root = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    guard let walker = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) else {
        throw ManifestError(path, ["cannot be read"])
    }
    let transcripts = walker.compactMap { $0 as? URL }
        .filter { $0.lastPathComponent.hasSuffix(".trans.txt") }
        .sorted { $0.path < $1.path }
    guard !transcripts.isEmpty else {
        throw ManifestError(
            path,
            [
                "a folder without wav.scp (Kaldi), metadata.csv or metadata.jsonl (audiofolder), or any "
                    + "*.trans.txt (LibriSpeech): not a corpus that is known"
            ])
    }
    var manifest = ManifestBuilder(path, options)
    for transcript in transcripts {
        for (index, line) in try textLines(of: transcript.path).enumerated() {
            let place = "\(transcript.path):\(index + 1)"
            guard let space = line.firstIndex(of: " ") else {
                manifest.refuse(place, "expected an utterance's name, a space and its text")
                continue
            }
            let id = String(line[..<space])
            let audioPath = transcript.deletingLastPathComponent().appendingPathComponent(id + ".flac").path
            manifest.add(
                Utterance(
                    id: id, audioPath: audioPath, durationSeconds: 0,
                    text: String(line[line.index(after: space)...]), language: "en",
                    speaker: id.split(separator: "-").first.map(String.init), origin: place),
                at: place)
        }
    }
    return try manifest.utterances()
}
