/// A subtitle: one or two lines, with start and end.
struct Cue: Equatable {
    var lines: [String]
    var start: Double
    var end: Double
}

/// How words become cues, by broadcasters' guidelines for subtitles.
enum Subtitles {
    /// The maximum characters per line.
    static let lineLength = 42
    /// The maximum number of lines.
    static let lines = 2
    /// The maximum duration of a cue, in seconds.
    static let longest = 7.0
    /// A silence after which a new cue begins, in seconds.
    static let pause = 1.0
    /// The minimum duration of a cue, if the next one allows it.
    static let shortest = 0.7

    /// The cues of a recording's words, in order.
    static func cues(_ words: [TimedWord]) -> [Cue] {
        var cues: [Cue] = []
        var previousEnd = -Double.infinity
        for word in words {
            if var cue = cues.last, word.start - previousEnd < pause, word.end - cue.start <= longest,
                append(word.text, to: &cue.lines)
            {
                cue.end = max(cue.end, word.end)
                cues[cues.count - 1] = cue
            } else {
                cues.append(Cue(lines: [word.text], start: word.start, end: word.end))
            }
            previousEnd = word.end
        }
        for index in cues.indices {
            let next = index + 1 < cues.count ? cues[index + 1].start : .infinity
            cues[index].end = max(cues[index].end, min(next, cues[index].start + shortest))
        }
        return cues
    }

    /// Adds a word to a cue, on its last line or a new one; false if it is full.
    private static func append(_ word: String, to lines: inout [String]) -> Bool {
        let last = lines[lines.count - 1]
        if last.count + 1 + word.count <= lineLength {
            lines[lines.count - 1] = last + " " + word
            return true
        }
        guard lines.count < Self.lines else { return false }
        lines.append(word)
        return true
    }
}

/// SubRip's subtitles (.srt).
public func subRip(_ words: [TimedWord]) -> String {
    Subtitles.cues(words).enumerated().map { index, cue in
        "\(index + 1)\n\(clock(cue.start, ",")) --> \(clock(cue.end, ","))\n\(cue.lines.joined(separator: "\n"))\n"
    }.joined(separator: "\n")
}

/// Subtitles of the web (.vtt; W3C, WebVTT).
public func webVTT(_ words: [TimedWord]) -> String {
    "WEBVTT\n"
        + Subtitles.cues(words).map { cue in
            let text = cue.lines.map(escaped).joined(separator: "\n")
            return "\n\(clock(cue.start, ".")) --> \(clock(cue.end, "."))\n\(text)\n"
        }.joined()
}

/// Escapes characters that are markup in WebVTT.
private func escaped(_ line: String) -> String {
    var result = ""
    for character in line.unicodeScalars {
        switch character {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        default: result.unicodeScalars.append(character)
        }
    }
    return result
}

/// `HH:MM:SS` and milliseconds.
private func clock(_ seconds: Double, _ point: String) -> String {
    let milliseconds = Int((seconds * 1000).rounded())
    let parts = [milliseconds / 3_600_000, milliseconds / 60_000 % 60, milliseconds / 1000 % 60]
    return parts.map { padded($0, 2) }.joined(separator: ":") + point + padded(milliseconds % 1000, 3)
}

/// A non-negative number with leading zeros.
func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
