internal import Files

/// Reads a Common Voice table, `train.tsv`, with its clips in `clips/` beside it.
///
/// Quotes have no meaning in these tables. Durations come from `clip_durations.tsv`, if the release has it.
func readCommonVoice(_ path: String, _ options: Manifest.Reading) throws(ManifestError) -> [Utterance] {
    let table = try DelimitedTable(tabs: path)
    let clip = try table.requiredColumn(["path"], of: "recording")
    let text = try table.requiredColumn(["sentence"], of: "text")
    let (speaker, language) = (table.column(["client_id"]), table.column(["locale"]))
    let seconds = try clipSeconds(besides: path)
    var manifest = ManifestBuilder(path, options)
    for row in table.rows {
        let place = "line \(row.line)"
        if let fault = row.fault {
            manifest.refuse(place, fault)
            continue
        }
        let stated = row.fields[clip]
        guard !stated.isEmpty, staysInside(stated) else {
            manifest.refuse(place, "\"\(stated)\" is not the name of a clip in clips/")
            continue
        }
        // The first releases leave the extension out.
        let name = stated.utf8.contains(UInt8(ascii: ".")) ? stated : stated + ".mp3"
        func field(_ column: Int?) -> String? {
            column.map { row.fields[$0] }.flatMap { $0.isEmpty ? nil : $0 }
        }
        manifest.add(
            Utterance(
                id: name, audioPath: resolve("clips/" + name, besides: path),
                durationSeconds: seconds[name.bytes] ?? 0, text: row.fields[text], language: field(language),
                speaker: field(speaker), origin: "\(path):\(row.line)"),
            at: place)
    }
    return try manifest.utterances()
}

/// The seconds of each clip, from a table of milliseconds beside the others; empty without it.
private func clipSeconds(besides path: String) throws(ManifestError) -> [[UInt8]: Double] {
    let durations = resolve("clip_durations.tsv", besides: path)
    guard exists(durations) else { return [:] }
    let table = try DelimitedTable(tabs: durations)
    let clip = try table.requiredColumn(["clip"], of: "recording")
    let duration = try table.requiredColumn(["duration[ms]"], of: "duration")
    var seconds: [[UInt8]: Double] = [:]
    for row in table.rows where row.fault == nil {
        guard let milliseconds = Double(row.fields[duration]), milliseconds.isDuration else { continue }
        seconds[row.fields[clip].bytes] = milliseconds / 1000
    }
    return seconds
}
