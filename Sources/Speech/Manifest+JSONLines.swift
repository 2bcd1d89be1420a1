internal import Foundation

/// One line as NeMo, lhotse and ours have it.
private struct ManifestLine: Decodable {
    let audio_filepath: String
    let duration: Double?
    let text: String?
    let language: String?
    let speaker: String?
    let id: String?
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
            utterances.append(
                Utterance(
                    id: entry.id ?? entry.audio_filepath, audioPath: audioPath, durationSeconds: seconds,
                    text: entry.text ?? "", language: entry.language, speaker: entry.speaker,
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
