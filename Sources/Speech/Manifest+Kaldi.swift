internal import Files

/// Reads a Kaldi data directory: `wav.scp` and `text`, and `segments`, `utt2spk`, `utt2lang` and `utt2dur` if
/// present.
///
/// Commands in `wav.scp` are refused, and so are archives: nothing in a corpus is run. A relative path is
/// beside `wav.scp`, or else in the current folder, as in Kaldi.
func readKaldi(_ path: String, _ options: Manifest.Reading) throws(ManifestError) -> [Utterance] {
    let folder = path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
    let recordings = try kaldiRecordings(folder)
    let texts =
        try options.labels == nil ? nil : KaldiTable(folder + "text", allowsEmptyValues: true)
    let (speakers, languages) = (
        try KaldiTable(ifPresent: folder + "utt2spk"), try KaldiTable(ifPresent: folder + "utt2lang")
    )
    let durations = try KaldiTable(ifPresent: folder + "utt2dur")
    let pieces = try KaldiTable(ifPresent: folder + "segments")
    var manifest = ManifestBuilder(path, options)
    let utterances = pieces ?? recordings
    for entry in utterances.entries {
        let place = "\(utterances.path):\(entry.line)"
        let text = texts?[entry.key]
        if let texts, text == nil {
            manifest.refuse(place, "\(entry.key) has no line in \(texts.path)")
            continue
        }
        let textPlace = texts.flatMap { texts in text.map { "\(texts.path):\($0.line)" } }
        if let speakers, speakers[entry.key] == nil {
            manifest.refuse(place, "\(entry.key) has no line in \(speakers.path)")
            continue
        }
        do throws(LineFault) {
            let piece = pieces == nil ? (recording: entry.key, segment: nil) : try kaldiSegment(entry.value)
            guard let audioPath = recordings[piece.recording] else {
                throw LineFault("the recording \(piece.recording) has no line in \(recordings.path)")
            }
            let stated = durations?[entry.key].flatMap { Double($0.value) } ?? 0
            manifest.add(
                Utterance(
                    id: entry.key, audioPath: audioPath.value, segment: piece.segment,
                    durationSeconds: piece.segment.map { $0.upperBound - $0.lowerBound }
                        ?? (stated.isDuration ? stated : 0),
                    text: text?.value ?? "", language: languages?[entry.key]?.value,
                    speaker: speakers?[entry.key]?.value, origin: textPlace ?? place),
                at: place)
        } catch {
            manifest.refuse(place, error.sentence)
        }
    }
    for entry in texts?.entries ?? [] where utterances[entry.key] == nil {
        manifest.refuse(
            "\(texts?.path ?? path):\(entry.line)", "\(entry.key) has no line in \(utterances.path)")
    }
    return try manifest.utterances()
}

/// `wav.scp`, with its paths resolved.
private func kaldiRecordings(_ folder: String) throws(ManifestError) -> KaldiTable {
    var table = try KaldiTable(folder + "wav.scp")
    var faults: [String] = []
    // Kaldi's recipes run in their own folder, to which paths are relative; other users move folders.
    let first = table.entries.first { $0.value.utf8.first != UInt8(ascii: "/") }?.value
    let liesBeside = first.map { exists(folder + $0) || !exists($0) } ?? true
    table.mapValues { entry in
        let place = "\(folder)wav.scp:\(entry.line)"
        let (bar, bytes) = (UInt8(ascii: "|"), entry.value.utf8)
        if bytes.last == bar || bytes.first == bar || entry.value == "-" {
            faults.append("\(place): a command, which is not run; write its output to a file and name that")
        } else if isArchiveRange(entry.value) {
            faults.append("\(place): a place in an archive; copy it out with wav-copy and name the file")
        }
        return bytes.first == UInt8(ascii: "/") || !liesBeside ? entry.value : folder + entry.value
    }
    guard faults.isEmpty else { throw ManifestError(folder + "wav.scp", faults) }
    return table
}

/// Whether a path ends like `wav.ark:1234`.
private func isArchiveRange(_ path: String) -> Bool {
    guard let colon = path.utf8.lastIndex(of: UInt8(ascii: ":")) else { return false }
    return path[..<colon].utf8.suffix(4).elementsEqual(".ark".utf8)
        && path[colon...].utf8.dropFirst().allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
}

/// `RECORDING START END` in seconds.
private func kaldiSegment(
    _ text: String
) throws(LineFault) -> (recording: String, segment: Range<Double>?) {
    let fields = fields(text, atMost: 4)
    guard fields.count == 3, let start = Double(fields[1]), let end = Double(fields[2]), start >= 0,
        (end - start).isDuration
    else {
        throw LineFault(
            "expected a name, a recording, a start and a later end in seconds; an end of -1 is to be written out"
        )
    }
    return (fields[0], start..<end)
}

/// A file of `KEY VALUE…` lines, each key once.
private struct KaldiTable {
    struct Entry {
        let line: Int
        let key: String
        var value: String
    }

    let path: String
    private(set) var entries: [Entry] = []
    private var places: [[UInt8]: Int] = [:]

    /// Reads a file that may be missing.
    init?(ifPresent path: String) throws(ManifestError) {
        guard exists(path) else { return nil }
        try self.init(path)
    }

    init(_ path: String, allowsEmptyValues: Bool = false) throws(ManifestError) {
        self.path = path
        var faults: [String] = []
        for (index, line) in try textLines(of: path).enumerated() {
            let fields = fields(line, atMost: 2)
            guard fields.count == 2 || (allowsEmptyValues && fields.count == 1) else {
                faults.append("line \(index + 1): expected a name, a space and a value")
                continue
            }
            if let first = places.updateValue(entries.count, forKey: fields[0].bytes) {
                faults.append("line \(index + 1): \(fields[0]) is already on line \(entries[first].line)")
            }
            entries.append(
                Entry(line: index + 1, key: fields[0], value: fields.count == 2 ? fields[1] : ""))
        }
        guard faults.isEmpty else { throw ManifestError(path, faults) }
    }

    subscript(key: String) -> Entry? { places[key.bytes].map { entries[$0] } }

    mutating func mapValues(_ change: (Entry) -> String) {
        for index in entries.indices { entries[index].value = change(entries[index]) }
    }
}
