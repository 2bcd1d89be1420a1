/// Reads fairseq's `SPLIT.tsv` (root folder, then `path<TAB>frames`) with `SPLIT.ltr`, or else `SPLIT.wrd`, or
/// `SPLIT.phn` beside it.
func readFairseq(_ path: String, _ options: Manifest.Reading) throws(ManifestError) -> [Utterance] {
    let lines = try textLines(of: path)
    guard let root = lines.first, !root.isEmpty, !root.contains("\t") else {
        throw ManifestError(path, ["line 1: the root folder is missing"])
    }
    let transcripts = try fairseqTranscripts(path, options.labels)
    guard transcripts.lines.count == lines.count - 1 else {
        throw ManifestError(
            path,
            [
                "\(lines.count - 1) audio files, but \(transcripts.lines.count) lines of labels "
                    + "in \(transcripts.path)"
            ])
    }
    var manifest = ManifestBuilder(path, options)
    for (index, line) in lines.dropFirst().enumerated() {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count == 2, let frames = Int(fields[1]), frames > 0 else {
            manifest.refuse("line \(index + 2)", "expected a path, a tab and a number of frames")
            continue
        }
        let text = transcripts.lines[index]
        // The file counts frames at its own rate, which only the header knows.
        manifest.add(
            Utterance(
                id: String(fields[0]), audioPath: resolve(root, besides: path) + "/" + fields[0],
                durationSeconds: 0, text: transcripts.areSpelled ? wordsOfLetters(text) : text,
                origin: "\(path):\(index + 2)"),
            at: "line \(index + 2)", frames: frames)
    }
    return try manifest.utterances()
}

/// The label file of a table, and whether its words are spelled in separate letters.
private func fairseqTranscripts(
    _ path: String, _ labels: Manifest.Labels
) throws(ManifestError) -> (path: String, lines: [String], areSpelled: Bool) {
    let stem = path.hasSuffix(".tsv") ? String(path.dropLast(4)) : path
    let labelPath = "\(stem).\(labels.fairseqExtension)"
    let words = stem + ".wrd"
    if labels == .letters && !exists(labelPath) && exists(words) {
        return (words, try textLines(of: words), false)
    }
    guard exists(labelPath) else { throw ManifestError(path, ["its labels \(labelPath) are missing"]) }
    return (labelPath, try textLines(of: labelPath), labels == .letters)
}

/// `H E L L O | W O R L D |` as `HELLO WORLD`.
private func wordsOfLetters(_ line: String) -> String {
    line.split(separator: " ").joined().split(separator: "|").joined(separator: " ")
}
