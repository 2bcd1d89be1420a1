internal import Foundation

/// One line as NeMo, lhotse and ours have it.
private struct ManifestLine: Decodable {
    let audio_filepath: String
    let duration: Double?
    /// Seconds into the file, where one file holds several utterances.
    let offset: Double?
    let text: String?
    let language: String?
    let speaker: Name?
    let id: Name?

    /// A name that some corpora write as a number.
    struct Name: Decodable {
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

    /// The piece of the file that is meant; nil is all of it.
    var segment: Range<Double>? {
        guard let offset, let duration, offset >= 0, duration > 0, offset + duration > offset else {
            return nil
        }
        return offset..<offset + duration
    }

    /// The stated name, or else where the audio is.
    var name: String { id?.text ?? (segment == nil ? audio_filepath : "\(audio_filepath)@\(offset ?? 0)") }
}

/// Reads `{"audio_filepath": …, "duration": …, "text": …}` lines; a missing duration is taken from the
/// audio's header.
func readJSONLines(_ path: String) throws(ManifestError) -> [Utterance] {
    var utterances: [Utterance] = []
    var faults: [String] = []
    let decoder = JSONDecoder()
    for (index, line) in try textLines(of: path).enumerated() {
        let place = "line \(index + 1)"
        if line.allSatisfy(\.isWhitespace) { continue }
        do {
            let entry = try decoder.decode(ManifestLine.self, from: Data(line.utf8))
            let audioPath = resolve(entry.audio_filepath, besides: path)
            let seconds = try entry.duration ?? audioInfo(path: audioPath).seconds
            guard seconds > 0, seconds.isFinite else {
                faults.append("\(place): a duration of \(seconds) s")
                continue
            }
            guard entry.offset == nil || entry.segment != nil else {
                faults.append("\(place): an offset needs a duration, and neither can be negative")
                continue
            }
            utterances.append(
                Utterance(
                    id: entry.name, audioPath: audioPath, segment: entry.segment, durationSeconds: seconds,
                    text: entry.text ?? "", language: entry.language, speaker: entry.speaker?.text,
                    origin: "\(path):\(index + 1)"))
        } catch let error as AudioError {
            faults.append("\(place): \(error)")
        } catch DecodingError.keyNotFound(let key, _) {
            faults.append("\(place): no \"\(key.stringValue)\"")
        } catch DecodingError.typeMismatch(_, let context) {
            let key = context.codingPath.last?.stringValue ?? "the line"
            faults.append("\(place): \"\(key)\" has the wrong type")
        } catch {
            faults.append("\(place): not a JSON object")
        }
    }
    guard faults.isEmpty else { throw ManifestError(path, faults) }
    return utterances
}
