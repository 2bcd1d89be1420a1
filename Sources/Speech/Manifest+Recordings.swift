internal import Files
internal import Foundation

/// The extensions of audio files.
let audioExtensions: Set = ["wav", "flac", "ogg", "oga", "opus", "mp3"]

/// Reads all audio files below a folder, in the order of their paths; a file's name is its path in the folder.
func readRecordings(_ path: String, _ options: Manifest.Reading) throws(ManifestError) -> [Utterance] {
    // A corpus is often a symbolic link to another disk, and the walk below follows none.
    let root = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    guard let walker = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) else {
        throw ManifestError(path, ["cannot be read"])
    }
    let files = walker.compactMap { ($0 as? URL)?.path }
        .filter { fileExtension(of: $0).map(audioExtensions.contains) ?? false }
        .sorted { $0.precedes($1) }
    guard !files.isEmpty else {
        let kinds = audioExtensions.sorted().joined(separator: ", ")
        throw ManifestError(path, ["a folder without any audio file (\(kinds))"])
    }
    var manifest = ManifestBuilder(path, options)
    for file in files {
        manifest.add(
            Utterance(
                id: String(
                    Substring(file.utf8.dropFirst(root.path.utf8.count).drop { $0 == UInt8(ascii: "/") })),
                audioPath: file,
                durationSeconds: 0, text: "", origin: file),
            at: file)
    }
    return try manifest.utterances()
}
