internal import ArgumentParser
internal import Decoding
internal import JSON
internal import Tasks
internal import Text

/// Output formats of transcripts.
enum TranscriptFormat: String, Sendable, CaseIterable, ExpressibleByArgument {
    /// The text alone.
    case text
    /// One object per recording, with its words' times.
    case json
    /// SubRip's subtitles.
    case srt
    /// The web's subtitles.
    case vtt
    /// NIST's time-marked words.
    case ctm
    /// Praat's intervals.
    case textgrid

    /// Whether words need times.
    var hasTimes: Bool { self != .text }

    /// Whether the output of several recordings can be concatenated.
    var isJoinable: Bool { [.text, .json, .ctm].contains(self) }

    /// The extension of file names.
    var fileExtension: String {
        switch self {
        case .text: "txt"
        case .textgrid: "TextGrid"
        default: rawValue
        }
    }

    /// The output for a recording.
    ///
    /// - Parameters:
    ///   - recording: Its name, if the format includes it.
    ///   - seconds: How long it is.
    ///   - members: Further members of the JSON object.
    func written(
        _ recognition: Recognition, recording: String, seconds: Double, members: [JSONValue.Member] = []
    ) -> String {
        switch self {
        case .text: recognition.text + "\n"
        case .json: JSONValue.object(members + recognition.members).line + "\n"
        case .srt: subRip(recognition.words)
        case .vtt: webVTT(recognition.words)
        case .ctm: timeMarkedWords(recognition.words, recording: recording)
        case .textgrid: textGrid(recognition.words, seconds: seconds)
        }
    }
}

extension Recognition {
    /// Its members in JSON.
    fileprivate var members: [JSONValue.Member] {
        let words = words.map { word in
            JSONValue.object([
                .init("word", .string(word.text)), .init("start", .number(rounded(word.start))),
                .init("end", .number(rounded(word.end))),
                .init("confidence", .number(rounded(word.confidence))),
            ])
        }
        return [.init("text", .string(text)), .init("words", .array(words))]
            + (self.alternatives.isEmpty ? [] : [Tasks.alternatives(self.alternatives)])
    }
}

/// To thousandths, as frames are no finer.
func rounded(_ number: Double) -> Double { (number * 1000).rounded() / 1000 }
