internal import Files
internal import Foundation

/// Reads `{"audio_filepath": …, "duration": …, "text": …}` lines, whatever their makers call the keys.
func readJSONLines(_ path: String, _ options: Manifest.Reading) throws(ManifestError) -> [Utterance] {
    try readJSONLines(path, options) { .success(resolve($0, besides: path)) }
}

/// Reads JSON lines, with a rule for what their paths mean.
func readJSONLines(
    _ path: String, _ options: Manifest.Reading, audioPath: (String) -> Result<String, LineFault>
) throws(ManifestError) -> [Utterance] {
    var manifest = ManifestBuilder(path, options)
    let decoder = JSONDecoder()
    for (index, line) in try textLines(of: path).enumerated() {
        if line.allSatisfy(\.isWhitespace) { continue }
        let place = "line \(index + 1)"
        do {
            let entry = try decoder.decode(ManifestLine.self, from: Data(line.utf8))
            manifest.add(
                try entry.utterance(
                    audioPath: audioPath(entry.audio).get(), options.labels, origin: "\(path):\(index + 1)"),
                at: place)
        } catch let fault as LineFault {
            manifest.refuse(place, fault.sentence)
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

/// One line as NeMo, lhotse, Hugging Face and ours have it.
private struct ManifestLine: Decodable {
    let audio: String
    let duration: Double?
    /// Seconds into the file, where one file holds several utterances.
    let offset: Double?
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

    /// A name that some corpora write as a number.
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

    /// A recording's path, which Hugging Face's data sets put into an object.
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

    init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: Key.self)
        /// The value of the first of these keys that is there and is not null.
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
        words = try value(FieldNames.words, String.self)
        phones = try value(FieldNames.phones, String.self)
        language = try value(FieldNames.language, String.self)
        speaker = try value(FieldNames.speaker, Name.self)?.text
        id = try value(FieldNames.id, Name.self)?.text
    }

    /// The line as an utterance.
    ///
    /// - Throws: `LineFault` if its duration or offset cannot be.
    func utterance(audioPath: String, _ labels: Manifest.Labels?, origin: String) throws -> Utterance {
        if let duration, !duration.isDuration { throw LineFault("a duration of \(duration) s") }
        var segment: Range<Double>?
        if let offset {
            guard let duration, offset >= 0, offset + duration > offset, (offset + duration).isFinite else {
                throw LineFault("an offset needs a duration, and neither can be negative")
            }
            segment = offset..<offset + duration
        }
        return Utterance(
            id: id ?? (segment == nil ? audio : "\(audio)@\(offset ?? 0)"), audioPath: audioPath,
            segment: segment, durationSeconds: duration ?? 0,
            text: (labels == .phones ? phones ?? words : words) ?? "",
            phones: labels == .phones ? nil : phones, language: language, speaker: speaker, origin: origin)
    }
}
