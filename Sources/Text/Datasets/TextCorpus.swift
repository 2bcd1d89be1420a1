public import Files
internal import JSON

/// File formats of labelled texts.
public enum TextFormat: Sendable, Equatable {
    /// One JSON object per line.
    case jsonLines
    /// A CSV file with a header (RFC 4180).
    case csv
    /// A tab-separated table with a header; quotes have no meaning.
    case tsv
    /// A file of one of GLUE's tasks.
    case glue(GLUETask, GLUETask.Part)

    /// The format and path given by `FORMAT:PATH` or by a path's name.
    ///
    /// Formats are `jsonl`, `csv`, `tsv` and GLUE's tasks: `cola`, `sst-2`, `mrpc`, `qqp`, `sts-b`, `mnli`, `qnli`,
    /// `rte`, `wnli`; the name of a GLUE file shows whether it is the training, development or test set.
    ///
    /// - Throws: `FileFaults` if neither gives a format.
    public static func parse(_ source: String) throws(FileFaults) -> (format: TextFormat, path: String) {
        if let colon = source.firstIndex(of: ":") {
            let path = String(source[source.index(after: colon)...])
            switch source[..<colon] {
            case "jsonl": return (.jsonLines, path)
            case "csv": return (.csv, path)
            case "tsv": return (.tsv, path)
            case let name:
                if let task = GLUETask(rawValue: String(name)) { return (.glue(task, .of(path: path)), path) }
            }
        }
        switch source.split(separator: "/").last?.split(separator: ".").last {
        case "jsonl", "json", "ndjson": return (.jsonLines, source)
        case "csv": return (.csv, source)
        case "tsv": return (.tsv, source)
        default:
            let tasks = GLUETask.allCases.map(\.rawValue).joined(separator: ", ")
            throw FileFaults(
                source,
                ["its name shows no format; put one before a colon: jsonl, csv, tsv, or for GLUE \(tasks)"])
        }
    }
}

/// A corpus of labelled texts.
public struct TextCorpus: Sendable {
    /// The file.
    public let path: String
    /// The examples, in the order of the file.
    public var examples: [TextExample]
    /// Lines left out as by the task's own reader: QQP has some that are truncated.
    public let skippedLines: Int

    /// The names under which files hold the text, the second text and the label.
    enum Field {
        static let text = ["text", "sentence", "sentence1", "premise", "question1"]
        static let pair = ["text_pair", "sentence2", "hypothesis", "question2"]
        static let label = ["label", "labels", "score", "gold_label"]
        static let id = ["id", "idx", "index"]
        /// Fields that only speech corpora have.
        static let recording = [
            "audio_filepath", "audio", "path", "file_name", "filename", "file", "wav", "duration",
            "client_id",
        ]
    }

    /// Reads a corpus.
    ///
    /// - Parameter source: A path whose name shows its format, or `FORMAT:PATH`; see `TextFormat.parse`.
    /// - Throws: `FileFaults` with every broken line.
    public init(path source: String) throws(FileFaults) {
        let (format, path) = try TextFormat.parse(source)
        var skippedLines = 0
        switch format {
        case .jsonLines: examples = try Self.readJSONLines(path)
        case .csv: examples = try Self.read(DelimitedTable(csv: path))
        case .tsv: examples = try Self.read(DelimitedTable(tabs: path))
        case .glue(let task, let part): (examples, skippedLines) = try task.read(path, part)
        }
        self.path = path
        self.skippedLines = skippedLines
        guard !examples.isEmpty else { throw FileFaults(path, ["has no examples"]) }
    }

    /// The lines of a plain file as examples without labels; for pairs, two texts separated by a tab.
    ///
    /// - Throws: `FileFaults` that names each line without exactly one tab, if pairs are wanted.
    public static func lines(of path: String, arePairs: Bool) throws(FileFaults) -> [TextExample] {
        var examples: [TextExample] = []
        var faults: [String] = []
        for (index, line) in try textLines(of: path).enumerated() {
            let fields =
                arePairs ? tabbedFields(line) : [line]
            guard fields.count == (arePairs ? 2 : 1) else {
                faults.append("line \(index + 1): \(fields.count) texts separated by tabs; there must be two")
                continue
            }
            examples.append(
                TextExample(
                    id: "\(index + 1)", text: fields[0], textPair: arePairs ? fields[1] : nil,
                    origin: "\(path):\(index + 1)"))
        }
        guard faults.isEmpty else { throw FileFaults(path, faults) }
        return examples
    }

    /// Whether a file holds texts rather than recordings, by its first line.
    ///
    /// - Parameter source: A path whose name shows its format, or `FORMAT:PATH`.
    public static func isTextCorpus(_ source: String) -> Bool {
        guard let (format, path) = try? TextFormat.parse(source) else { return false }
        let line = firstLine(of: path)
        let names: [String]
        switch format {
        case .glue: return true
        case .jsonLines: names = (try? JSONValue(parsing: line.utf8))?.members?.map(\.key) ?? []
        case .csv: names = line.split(separator: ",").map { $0.trimmed(" \"") }
        case .tsv: names = tabbedFields(line)
        }
        return names.contains(where: Field.text.contains) && !names.contains(where: Field.recording.contains)
    }

    private static func read(_ table: DelimitedTable) throws(FileFaults) -> [TextExample] {
        let text = try table.requiredColumn(Field.text, of: "text")
        let (pair, label) = (table.column(Field.pair), table.column(Field.label))
        let id = table.column(Field.id)
        var examples: [TextExample] = []
        var faults: [String] = []
        for row in table.rows {
            if let fault = row.fault {
                faults.append("line \(row.line): \(fault)")
                continue
            }
            let name = id.map { row.fields[$0] } ?? ""
            examples.append(
                TextExample(
                    id: name.isEmpty ? "\(row.line)" : name, text: row.fields[text],
                    textPair: pair.map { row.fields[$0] },
                    label: label.flatMap { row.fields[$0].isEmpty ? nil : row.fields[$0] },
                    origin: "\(table.path):\(row.line)"))
        }
        guard faults.isEmpty else { throw FileFaults(table.path, faults) }
        return examples
    }

    private static func readJSONLines(_ path: String) throws(FileFaults) -> [TextExample] {
        var examples: [TextExample] = []
        var faults: [String] = []
        for (index, line) in try textLines(of: path).enumerated() {
            if line.unicodeScalars.allSatisfy(\.isWhiteSpace) { continue }
            do throws(LineFault) {
                examples.append(try example(line, number: index + 1, path))
            } catch {
                faults.append("line \(index + 1): \(error.sentence)")
            }
        }
        guard faults.isEmpty else { throw FileFaults(path, faults) }
        return examples
    }

    private struct LineFault: Error {
        let sentence: String
    }

    private static func example(_ line: String, number: Int, _ path: String) throws(LineFault) -> TextExample
    {
        let object: JSONValue
        do throws(JSONError) {
            object = try JSONValue(parsing: line.utf8)
        } catch {
            throw LineFault(sentence: "not JSON: \(error.fault)")
        }
        guard case .object = object else { throw LineFault(sentence: "not a JSON object") }
        func value(_ names: [String]) -> (name: String, value: JSONValue)? {
            for name in names {
                if let value = object[name], value != .null { return (name, value) }
            }
            return nil
        }
        func string(_ names: [String]) throws(LineFault) -> String? {
            guard let (name, value) = value(names) else { return nil }
            guard let string = value.string else { throw LineFault(sentence: "\"\(name)\" is not a string") }
            return string
        }
        /// A string, or a number or boolean in written form.
        func scalar(_ names: [String]) throws(LineFault) -> String? {
            guard let (name, value) = value(names) else { return nil }
            switch value {
            case .string(let string): return string
            case .integer, .number, .boolean: return value.line
            default: throw LineFault(sentence: "\"\(name)\" is neither a string nor a number")
            }
        }
        guard let text = try string(Field.text) else { throw LineFault(sentence: "no \"text\"") }
        return TextExample(
            id: try scalar(Field.id) ?? "\(number)", text: text, textPair: try string(Field.pair),
            label: try scalar(Field.label), origin: "\(path):\(number)")
    }
}

/// The tab-separated fields of a line; split by scalars, since Swift joins a mark with the preceding
/// character.
func tabbedFields(_ line: String) -> [String] {
    line.unicodeScalars.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
}

extension Substring {
    /// The text without some characters at its ends.
    fileprivate func trimmed(_ characters: String) -> String {
        var rest = self
        while let first = rest.first, characters.contains(first) { rest.removeFirst() }
        while let last = rest.last, characters.contains(last) { rest.removeLast() }
        return String(rest)
    }
}
