internal import Files
internal import Foundation

/// Reads a CSV file with a header: a column for the recording and one for the text, as named by Hugging
/// Face's users, and others if known.
func readCSV(_ path: String, _ options: Manifest.Reading) throws(ManifestError) -> [Utterance] {
    try readCSV(path, options) { .success(resolve($0, besides: path)) }
}

/// Reads SpeechBrain's CSV (`ID,duration,wav,spk_id,wrd`).
///
/// `$data_root` and `$data_folder` in its paths stand for the folder named by `PARP_DATA_ROOT`, or else the
/// file's own.
func readSpeechBrain(_ path: String, _ options: Manifest.Reading) throws(ManifestError) -> [Utterance] {
    let root = ProcessInfo.processInfo.environment["PARP_DATA_ROOT"] ?? resolve(".", besides: path)
    return try readCSV(path, options) { audio in
        guard audio.utf8.contains(UInt8(ascii: "$")) else { return .success(resolve(audio, besides: path)) }
        for name in ["$data_root/", "$data_folder/"] where audio.utf8.starts(with: name.utf8) {
            return .success("\(root)/" + String(Substring(audio.utf8.dropFirst(name.utf8.count))))
        }
        return .failure(
            LineFault(
                "\(audio): of placeholders, $data_root/ and $data_folder/ at the start are known; "
                    + "PARP_DATA_ROOT says what they stand for"))
    }
}

/// Reads a CSV file, with a rule for what its paths mean.
func readCSV(
    _ path: String, _ options: Manifest.Reading, audioPath: (String) -> Result<String, LineFault>
) throws(ManifestError) -> [Utterance] {
    let table = try DelimitedTable(csv: path)
    let audio = try table.requiredColumn(FieldNames.audio, of: "recording")
    let text = try options.labels.map { labels throws(ManifestError) in
        try table.requiredColumn(FieldNames.text(labels), of: "text")
    }
    let phones = table.column(FieldNames.phones)
    let (id, duration) = (table.column(FieldNames.id), table.column(FieldNames.duration))
    let (language, speaker) = (table.column(FieldNames.language), table.column(FieldNames.speaker))
    guard table.column(["start"]) == nil || table.column(["stop"]) == nil else {
        throw ManifestError(
            path,
            [
                "line 1: columns start and stop: pieces of recordings are read from JSONL (offset and duration "
                    + "in seconds) or Kaldi's segments"
            ])
    }
    var manifest = ManifestBuilder(path, options)
    for row in table.rows {
        let place = "line \(row.line)"
        func field(_ column: Int?) -> String? {
            column.map { row.fields[$0] }.flatMap { $0.isEmpty ? nil : $0 }
        }
        if let fault = row.fault {
            manifest.refuse(place, fault)
            continue
        }
        guard let name = field(audio) else {
            manifest.refuse(place, "no \(table.columns[audio])")
            continue
        }
        let stated = field(duration)
        let seconds = stated.map { Double($0) ?? -1 } ?? 0
        guard stated == nil || seconds.isDuration else {
            manifest.refuse(place, "a duration of \(stated ?? "") s")
            continue
        }
        switch audioPath(name) {
        case .success(let audioPath):
            manifest.add(
                Utterance(
                    id: field(id) ?? name, audioPath: audioPath, durationSeconds: seconds,
                    text: field(text) ?? "", phones: options.labels == .phones ? nil : field(phones),
                    language: field(language), speaker: field(speaker), origin: "\(path):\(row.line)"),
                at: place)
        case .failure(let fault):
            manifest.refuse(place, fault.sentence)
        }
    }
    return try manifest.utterances()
}
