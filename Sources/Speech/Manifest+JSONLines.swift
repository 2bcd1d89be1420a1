internal import Files
internal import Foundation
internal import JSON

/// Reads `{"audio_filepath": …, "duration": …, "text": …}` lines, with any of the known key names.
func readJSONLines(_ path: String, _ options: Manifest.Reading) throws(ManifestError) -> [Utterance] {
    try readJSONLines(path, options) { .success(resolve($0, besides: path)) }
}

/// Reads JSON lines, with a rule for what their paths mean.
func readJSONLines(
    _ path: String, _ options: Manifest.Reading, audioPath: (String) -> Result<String, LineFault>
) throws(ManifestError) -> [Utterance] {
    let lines = try textLines(of: path)
    try refuseWholeValue(lines, path)
    var manifest = ManifestBuilder(path, options)
    let decoder = JSONDecoder()
    for (index, line) in lines.enumerated() {
        if line.unicodeScalars.allSatisfy(\.properties.isWhitespace) { continue }
        let place = "line \(index + 1)"
        do {
            let bytes = Data(line.utf8)
            // Foundation's parser keeps the first of two equal keys, and Python's the last.
            _ = try JSONValue(parsing: bytes)
            let entry = try decoder.decode(ManifestLine.self, from: bytes)
            manifest.add(
                try entry.utterance(
                    audioPath: audioPath(entry.audio).get(), options.labels, origin: "\(path):\(index + 1)"),
                at: place)
        } catch let fault as LineFault {
            manifest.refuse(place, fault.sentence)
        } catch let error as JSONError {
            manifest.refuse(place, "not a JSON object: \(error.fault)")
        } catch DecodingError.keyNotFound(let key, _) {
            manifest.refuse(place, "no \"\(key.stringValue)\"")
        } catch DecodingError.typeMismatch(_, let context) {
            let key = context.codingPath.last?.stringValue ?? "the line"
            manifest.refuse(place, "\"\(key)\" has the wrong type")
        } catch DecodingError.valueNotFound(_, let context) {
            manifest.refuse(place, "\"\(context.codingPath.last?.stringValue ?? "the line")\" is null")
        } catch {
            manifest.refuse(place, "not a JSON object")
        }
    }
    return try manifest.utterances()
}

/// Refuses a file that is one array, or one object over several lines.
private func refuseWholeValue(_ lines: [String], _ path: String) throws(ManifestError) {
    guard let first = lines.first(where: { !$0.trimmed.isEmpty })?.trimmed else { return }
    let fix = "; there must be one line per utterance: jq -c"
    switch first.utf8.first {
    case UInt8(ascii: "["):
        throw ManifestError(path, ["is a JSON array\(fix) '.[]' FILE > FILE.jsonl"])
    case UInt8(ascii: "{")
    where ["{", "{}"].contains(first) || lines.count > 1 && first.utf8.last != UInt8(ascii: "}"):
        throw ManifestError(path, ["is one JSON object over several lines\(fix) prints each on one"])
    default: return
    }
}

/// One line in the format of NeMo, lhotse, Hugging Face or ours.
private struct ManifestLine: Decodable {
    let audio: String
    let duration: Double?
    /// Seconds into the file, if one file holds several utterances.
    let offset: Double?
    let channels: [Int]?
    let words: String?
    let phones: String?
    let language: String?
    let speaker: String?
    let id: String?

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// A name; some corpora write it as a number.
    private struct Name: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int.self) {
                text = String(number)
            } else {
                text = try container.decode(String.self)
            }
        }
    }

    /// A recording's path; Hugging Face's data sets put it into an object.
    private struct Recording: Decodable {
        let path: String

        private enum CodingKeys: String, CodingKey { case path }

        init(from decoder: any Decoder) throws {
            if let object = try? decoder.container(keyedBy: CodingKeys.self) {
                path = try object.decode(String.self, forKey: .path)
            } else {
                path = try decoder.singleValueContainer().decode(String.self)
            }
        }
    }

    /// The channels to use, a number or a list.
    private struct Channels: Decodable {
        let numbers: [Int]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int.self) {
                numbers = [number]
            } else {
                numbers = try container.decode([Int].self)
            }
        }
    }

    init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: Key.self)
        /// The value of the first of these keys that is present and not null.
        func value<Value: Decodable>(_ names: [String], _ type: Value.Type) throws -> Value? {
            for name in names {
                if let value = try object.decodeIfPresent(type, forKey: Key(stringValue: name)) {
                    return value
                }
            }
            return nil
        }
        guard let recording = try value(FieldNames.audio, Recording.self) else {
            throw DecodingError.keyNotFound(
                Key(stringValue: FieldNames.audio[0]), .init(codingPath: [], debugDescription: ""))
        }
        audio = recording.path
        duration = try value(FieldNames.duration, Double.self)
        offset = try value(["offset"], Double.self)
        channels = try value(FieldNames.channels, Channels.self)?.numbers
        words = try value(FieldNames.words, String.self)
        phones = try value(FieldNames.phones, String.self)
        language = try value(FieldNames.language, String.self)
        speaker = try value(FieldNames.speaker, Name.self)?.text
        id = try value(FieldNames.id, Name.self)?.text
    }

    /// The line as an utterance.
    ///
    /// - Throws: `LineFault` if its duration or offset is invalid.
    func utterance(audioPath: String, _ labels: Manifest.Labels?, origin: String) throws -> Utterance {
        if let duration, !duration.isDuration { throw LineFault("a duration of \(duration) s") }
        var segment: Range<Double>?
        if let offset {
            guard let duration, offset >= 0, offset + duration > offset, (offset + duration).isFinite else {
                throw LineFault("an offset needs a duration, and neither can be negative")
            }
            segment = offset..<offset + duration
        }
        if let channels {
            guard !channels.isEmpty, channels.allSatisfy({ $0 >= 0 }) else {
                throw LineFault("a channel of \(channels); channels are counted from 0")
            }
        }
        let place = segment == nil ? "" : "@\(offset ?? 0)"
        let side = channels.map { "#" + $0.map(String.init).joined(separator: "+") } ?? ""
        return Utterance(
            id: id ?? audio + place + side, audioPath: audioPath, segment: segment, channels: channels,
            durationSeconds: duration ?? 0,
            text: (labels == .phones ? phones ?? words : words) ?? "",
            phones: labels == .phones ? nil : phones, language: language, speaker: speaker, origin: origin)
    }
}
