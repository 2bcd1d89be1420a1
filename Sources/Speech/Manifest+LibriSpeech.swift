internal import Files
internal import Foundation

/// Reads a LibriSpeech tree: `SPEAKER/CHAPTER/SPEAKER-CHAPTER.trans.txt` with one `UTTERANCE TEXT` line per
/// FLAC file.
func readLibriSpeech(_ path: String, _ options: Manifest.Reading) throws(ManifestError) -> [Utterance] {
    // A corpus is often a symbolic link to another disk, and the walk below follows none.
    let root = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    guard let walker = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) else {
        throw ManifestError(path, ["cannot be read"])
    }
    let transcripts = walker.compactMap { $0 as? URL }
        .filter { $0.lastPathComponent.hasSuffix(".trans.txt") }
        .sorted { $0.path.precedes($1.path) }
    guard !transcripts.isEmpty else {
        throw ManifestError(
            path,
            [
                "a folder without wav.scp (Kaldi), metadata.csv or metadata.jsonl (audiofolder), or any "
                    + "*.trans.txt (LibriSpeech): not a known corpus"
            ])
    }
    var manifest = ManifestBuilder(path, options)
    for transcript in transcripts {
        for (index, line) in try textLines(of: transcript.path).enumerated() {
            let place = "\(transcript.path):\(index + 1)"
            let words = line.pieces(atMost: 2) { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard let id = words.first, words.count == 2 || line.utf8.last == UInt8(ascii: " ") else {
                manifest.refuse(place, "expected an utterance's name, a space and its text")
                continue
            }
            let audioPath = resolve(id + ".flac", besides: transcript.path)
            manifest.add(
                Utterance(
                    id: id, audioPath: audioPath, durationSeconds: 0,
                    text: words.count == 2 ? words[1] : "", language: "en",
                    speaker: id.pieces { $0 == UInt8(ascii: "-") }.first, origin: place),
                at: place)
        }
    }
    return try manifest.utterances()
}
