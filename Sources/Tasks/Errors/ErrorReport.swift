internal import Foundation
internal import Speech
internal import Text

/// Error analysis as text: rates by language, speaker and length, frequent confusions, and each utterance
/// with its alignment, the worst first.
package struct ErrorReport {
    /// The number of confusions reported of each kind.
    private static let told = 25
    /// The boundaries between lengths, in seconds.
    private static let lengths: [Double] = [2, 5, 10, 20]

    private let utterances: [JudgedUtterance]

    /// A report of utterances.
    package init(_ utterances: [JudgedUtterance]) { self.utterances = utterances }

    /// The whole report.
    package var text: String {
        var sections = [summary, confusions]
        for (title, name) in [("language", \JudgedUtterance.language), ("speaker", \.speaker)] {
            if let table = rates(by: title, name) { sections.insert(table, at: sections.count - 1) }
        }
        sections.append("# Utterances, the worst first\n\n" + alignments.joined(separator: "\n"))
        return sections.joined(separator: "\n")
    }

    private var summary: String {
        var lines = ["# Errors", "", Self.heading("all")]
        lines.append(Self.row("", utterances))
        lines += ["", Self.heading("seconds of audio")]
        let bounds = [0] + Self.lengths + [.infinity]
        for (low, high) in zip(bounds, bounds.dropFirst()) {
            let part = utterances.filter { $0.seconds >= low && $0.seconds < high }
            let name = high.isInfinite ? "\(Int(low)) or more" : "\(Int(low)) to \(Int(high))"
            if !part.isEmpty { lines.append(Self.row(name, part)) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The rates for each value of a property, the worst first; nil if there are fewer than two values.
    private func rates(by title: String, _ property: KeyPath<JudgedUtterance, String?>) -> String? {
        let groups = Dictionary(grouping: utterances) { $0[keyPath: property] ?? "(unknown)" }
        guard groups.count > 1 else { return nil }
        let sorted = groups.sorted { a, b in
            let (left, right) = (Self.characters(a.value).rate, Self.characters(b.value).rate)
            return left != right ? left > right : a.key < b.key
        }
        return ([Self.heading(title)] + sorted.map { Self.row($0.key, $0.value) }).joined(separator: "\n")
            + "\n"
    }

    private static func characters(_ utterances: [JudgedUtterance]) -> ErrorRate {
        utterances.reduce(ErrorRate()) { $0 + $1.characters }
    }

    private static func heading(_ title: String) -> String {
        "  WER %   CER %  utterances  \(title)"
    }

    private static func row(_ name: String, _ utterances: [JudgedUtterance]) -> String {
        let words = utterances.reduce(ErrorRate()) { $0 + $1.words }
        return String(
            format: "%7.2f %7.2f %11d  ", 100 * words.rate, 100 * characters(utterances).rate,
            utterances.count) + name
    }

    /// The most frequent confusions of letters and words.
    private var confusions: String {
        var lines: [String] = []
        for (title, tokens) in [("letters", characterTokens), ("words", Text.words)]
            as [(String, (String) -> [String])]
        {
            var counts: [[String]: Int] = [:]
            var leftOut = 0
            for utterance in utterances {
                guard let alignment = aligned(tokens(utterance.reference), tokens(utterance.hypothesis))
                else {
                    leftOut += 1
                    continue
                }
                for token in alignment {
                    guard let pair = Self.pair(token) else { continue }
                    counts[pair, default: 0] += 1
                }
            }
            lines += ["# Most confused \(title): how often, said, heard", ""]
            let sorted = counts.sorted {
                $0.value != $1.value ? $0.value > $1.value : $0.key.lexicographicallyPrecedes($1.key)
            }
            lines += sorted.prefix(Self.told).map { pair, count in
                String(format: "%7d  ", count) + "\(pair[0]) → \(pair[1])"
            }
            if leftOut > 0 { lines.append("(without \(leftOut) utterances that are too long to align)") }
            lines.append("")
        }
        return lines.joined(separator: "\n")
    }

    /// A token of the reference and the one heard; nothing is ∅, a space ␣.
    private static func pair(_ token: AlignedToken) -> [String]? {
        func shown(_ token: String) -> String { token == " " ? "␣" : token }
        return switch token {
        case .correct: nil
        case .substituted(let said, let heard): [shown(said), shown(heard)]
        case .deleted(let said): [shown(said), "∅"]
        case .inserted(let heard): ["∅", shown(heard)]
        }
    }

    private var alignments: [String] {
        let sorted = utterances.sorted { a, b in
            a.characters.rate != b.characters.rate ? a.characters.rate > b.characters.rate : a.id < b.id
        }
        return sorted.map { utterance in
            let head = String(
                format: " (WER %.2f %%, CER %.2f %%, %.2f s)\n", 100 * utterance.words.rate,
                100 * utterance.characters.rate, utterance.seconds)
            let tokens = aligned(Text.words(utterance.reference), Text.words(utterance.hypothesis))
            return utterance.id + head
                + (tokens.map(Self.lines)
                    ?? "  said:  \(utterance.reference)\n  heard: \(utterance.hypothesis)\n")
        }
    }

    /// Words aligned line by line, with the letter of the error below, as in NIST's sclite.
    private static func lines(_ tokens: [AlignedToken]) -> String {
        var (said, heard, errors) = ("  said: ", "  heard:", "  error:")
        for token in tokens {
            let (left, right, letter): (String, String, String) =
                switch token {
                case .correct(let word): (word, word, "")
                case .substituted(let word, let other): (word, other, "S")
                case .deleted(let word): (word, String(repeating: "*", count: word.count), "D")
                case .inserted(let word): (String(repeating: "*", count: word.count), word, "I")
                }
            let width = max(left.count, right.count)
            func padded(_ text: String) -> String {
                " " + text + String(repeating: " ", count: width - text.count)
            }
            said += padded(left)
            heard += padded(right)
            errors += padded(letter)
        }
        return [said, heard, errors].map { line in
            var line = line
            while line.hasSuffix(" ") { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
