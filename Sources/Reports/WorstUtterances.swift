package import Foundation

/// The utterances that a model erred most in, each with what was heard beside what was said: `worst.json` of a run.
package struct WorstUtterances: Sendable, Codable, Equatable {
    /// A word, or a few, of one side of an alignment and its counterpart; nil is none.
    package struct Pair: Sendable, Codable, Equatable {
        package let said: String?
        package let heard: String?

        /// A pair; equal words were heard as they were said.
        package init(said: String?, heard: String?) { (self.said, self.heard) = (said, heard) }
    }

    /// An utterance.
    package struct Utterance: Sendable, Codable, Equatable {
        package let id: String
        /// The recording, by its absolute path, and the seconds of it that are meant; nil is all of it.
        package let audio: String
        package let segment: [Double]?
        package let seconds: Double
        package let wordErrorRate: Double
        package let characterErrorRate: Double
        package let words: [Pair]

        /// An utterance and what became of it.
        package init(
            id: String, audio: String, segment: Range<Double>?, seconds: Double, wordErrorRate: Double,
            characterErrorRate: Double, words: [Pair]
        ) {
            (self.id, self.audio, self.seconds, self.words) = (id, audio, seconds, words)
            self.segment = segment.map { [$0.lowerBound, $0.upperBound] }
            (self.wordErrorRate, self.characterErrorRate) = (wordErrorRate, characterErrorRate)
        }
    }

    /// So many are kept.
    package static let count = 10
    /// Pairs of an utterance that a page shows.
    private static let shownPairs = 200

    /// After which update they were heard.
    package let update: Int
    /// The worst first.
    package let utterances: [Utterance]

    /// The worst utterances of an evaluation.
    package init(update: Int, utterances: [Utterance]) {
        (self.update, self.utterances) = (update, utterances)
    }

    /// What a file holds; nil if it is not there or holds something else.
    package init?(path: String) {
        guard let content = FileManager.default.contents(atPath: path),
            let found = try? JSONDecoder().decode(Self.self, from: content)
        else { return nil }
        self = found
    }

    /// The file's content.
    package func data() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }

    /// Elements of a `Page` in a folder: texts, and a player if the recording is available.
    func html(besides folder: String) -> String {
        guard !utterances.isEmpty else { return "" }
        return """
            <h2>The worst utterances, after update \(update)</h2>
            <p>Of the validation set, by characters. <del>Struck out</del>: said, and not heard; \
            <ins>underlined</ins>: heard, and not said.</p>

            """ + utterances.prefix(Self.count).map { html($0, folder) }.joined(separator: "\n")
    }

    private func html(_ utterance: Utterance, _ folder: String) -> String {
        let rates = String(
            format: "CER %.1f %%, WER %.1f %%, %.1f s", 100 * utterance.characterErrorRate,
            100 * utterance.wordErrorRate, utterance.seconds)
        let name = escapedHTML(utterance.id)
        var player = ""
        if FileManager.default.fileExists(atPath: utterance.audio) {
            let piece =
                utterance.segment.map { String(format: "#t=%.2f,%.2f", $0.first ?? 0, $0.last ?? 0) } ?? ""
            player =
                "\n<audio controls preload=\"none\" aria-label=\"\(name)\" "
                + "src=\"\(Self.link(to: utterance.audio, from: folder))\(piece)\"></audio>"
        }
        let words = utterance.words.prefix(Self.shownPairs).map(Self.html).joined(separator: " ")
        let rest = utterance.words.count > Self.shownPairs ? " …" : ""
        return
            "<div class=\"utterance\"><p><b>\(name)</b> \(rates)</p>\(player)\n<p>\(words)\(rest)</p></div>"
    }

    private static func html(_ pair: Pair) -> String {
        if let said = pair.said, said == pair.heard { return escapedHTML(said) }
        let parts = [
            pair.said.map { "<del>\(escapedHTML($0))</del>" },
            pair.heard.map { "<ins>\(escapedHTML($0))</ins>" },
        ]
        return parts.compactMap { $0 }.joined(separator: " ")
    }

    /// The address of a file for a page in a folder: relative to it where they share more than the root, so that both can be moved
    /// together.
    static func link(to path: String, from folder: String) -> String {
        let (file, base) = (
            URL(fileURLWithPath: path).standardized, URL(fileURLWithPath: folder).standardized
        )
        let (parts, above) = (file.pathComponents, base.pathComponents)
        let shared = zip(parts, above).prefix { $0 == $1 }.count
        let safe = CharacterSet(charactersIn: "/-._~").union(.alphanumerics)
        let relative = Array(repeating: "..", count: above.count - shared) + parts[shared...]
        let link = shared > 1 ? relative.joined(separator: "/") : "file://" + file.path
        return link.addingPercentEncoding(withAllowedCharacters: shared > 1 ? safe : safe.union([":"])) ?? ""
    }
}
