internal import Files

/// Reads flashlight's list: `ID PATH MILLISECONDS WORDS…` per line, separated by white space.
func readFlashlight(_ path: String, _ options: Manifest.Reading) throws(ManifestError) -> [Utterance] {
    var manifest = ManifestBuilder(path, options)
    for (index, line) in try textLines(of: path).enumerated() {
        let fields = fields(line, atMost: 4)
        if fields.isEmpty { continue }
        guard fields.count >= 3, let milliseconds = Double(fields[2]), milliseconds.isDuration else {
            manifest.refuse(
                "line \(index + 1)", "expected a name, a path without spaces, milliseconds and the words")
            continue
        }
        manifest.add(
            Utterance(
                id: fields[0], audioPath: resolve(fields[1], besides: path),
                durationSeconds: milliseconds / 1000, text: fields.count > 3 ? fields[3] : "",
                origin: "\(path):\(index + 1)"),
            at: "line \(index + 1)")
    }
    return try manifest.utterances()
}

/// The fields of a line separated by spaces and tabs; the last takes the rest.
func fields(_ line: String, atMost count: Int) -> [String] {
    line.pieces(atMost: count) { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.map(\.trimmed)
}
