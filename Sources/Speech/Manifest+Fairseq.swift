internal import Files

/// Reads fairseq's `SPLIT.tsv` (root folder, then `path<TAB>frames`) with `SPLIT.ltr`, or else `SPLIT.wrd`, or
/// `SPLIT.phn` beside it; only the audio if no labels are wanted.
func readFairseq(_ path: String, _ options: Manifest.Reading) throws(ManifestError) -> [Utterance] {
    let lines = try textLines(of: path)
    let tab = UInt8(ascii: "\t")
    guard let root = lines.first, !root.isEmpty else {
        throw ManifestError(path, ["line 1: the root folder is missing"])
    }
    guard !root.utf8.contains(tab) else {
        throw ManifestError(path, ["line 1: " + headerFault(root.pieces { $0 == tab })])
    }
    let texts = try options.labels.map { labels throws(ManifestError) in
        try fairseqTexts(path, labels, count: lines.count - 1)
    }
    var manifest = ManifestBuilder(path, options)
    for (index, line) in lines.dropFirst().enumerated() {
        let fields = line.pieces(omittingEmpty: false) { $0 == tab }
        guard fields.count == 2, let frames = Int(fields[1]), frames > 0 else {
            manifest.refuse("line \(index + 2)", "expected a path, a tab and a number of frames")
            continue
        }
        // Frames are counted at the recording's own rate, which only its header states.
        manifest.add(
            Utterance(
                id: fields[0], audioPath: resolve(root, besides: path) + "/" + fields[0],
                durationSeconds: 0, text: texts?[index] ?? "", origin: "\(path):\(index + 2)"),
            at: "line \(index + 2)", frames: frames)
    }
    return try manifest.utterances()
}

/// The texts of a table's recordings, from the label file beside it.
private func fairseqTexts(
    _ path: String, _ labels: Manifest.Labels, count: Int
) throws(ManifestError) -> [String] {
    let stem = path.hasSuffix(".tsv") ? String(Substring(path.utf8.dropLast(4))) : path
    let spelled = "\(stem).\(labels.fairseqExtension)"
    let words = stem + ".wrd"
    let labelPath = labels == .letters && !exists(spelled) && exists(words) ? words : spelled
    guard exists(labelPath) else { throw ManifestError(path, ["its labels \(labelPath) are missing"]) }
    let lines = try textLines(of: labelPath)
    guard lines.count == count else {
        throw ManifestError(
            path, ["\(count) audio files, but \(lines.count) lines of labels in \(labelPath)"])
    }
    return labels == .letters && labelPath == spelled ? lines.map(wordsOfLetters) : lines
}

/// `H E L L O | W O R L D |` as `HELLO WORLD`, by fairseq's rule: spaces are dropped and bars become spaces.
///
/// By bytes, since a space or a bar followed by a mark is one character to Swift.
private func wordsOfLetters(_ line: String) -> String {
    line.pieces { $0 == UInt8(ascii: " ") }.joined().pieces { $0 == UInt8(ascii: "|") }.joined(separator: " ")
}

/// The fault of a first line that names columns, or recordings, instead of a folder.
private func headerFault(_ fields: [String]) -> String {
    let columns = fields.prefix(20).joined(separator: ", ")
    if let frames = fields.last, Int(frames) != nil {
        return "the root folder is missing: the line is a recording's"
    }
    return
        "a header of columns (\(columns)); fairseq's .tsv begins with a root folder, Common Voice's has path and "
        + "sentence. Save other tables as CSV or JSONL"
}
