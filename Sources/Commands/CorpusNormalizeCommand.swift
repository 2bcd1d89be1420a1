internal import Checkpoints
internal import Foundation
internal import Recipe
internal import Session
internal import Speech
internal import Tasks
internal import Text
internal import Training

/// Options of `parp corpus normalize`.
struct CorpusNormalizeOptions: Sendable {
    /// The corpus.
    var source: CorpusSource
    /// The manifest to write.
    var output: String
    /// How the manifest names the recordings.
    var paths: AudioPaths
    /// What is done to texts.
    var text: TextPreparation
    /// Whether an existing file is replaced.
    var overwrites = false

    /// What to clean, how, and where to.
    init(source: CorpusSource, output: String, paths: AudioPaths = .absolute, text: TextPreparation) {
        self.source = source
        self.output = output
        self.paths = paths
        self.text = text
    }
}

/// Writes a manifest with cleaned texts and reports what it changed, and what it left to the user.
func runCorpusNormalization(_ options: CorpusNormalizeOptions, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        try OutputPlace(
            options.output, reading: [options.source.file], overwrites: options.overwrites
        ).requireFreeForFile()
        var utterances = try options.source.manifest().utterances
        var changes = TextChanges()
        for index in utterances.indices {
            utterances[index].text = changes.clean(utterances[index], options.text)
        }
        try writeManifest(utterances, to: options.output, paths: options.paths)
        for line in changes.lines(of: utterances.count) { print(line) }
    }
}

/// What cleaning did to texts, counted by its steps.
private struct TextChanges {
    private var counts: [(step: String, texts: Int)] = [
        ("Unicode form", 0), ("case", 0), ("characters dropped", 0), ("white space", 0), ("punctuation", 0),
    ]
    private var changed = 0
    /// Texts with digits, which a model would have to spell out, and texts left empty.
    private var digits: [String] = []
    private var empty: [String] = []

    /// Cleans an utterance's text and counts each step that changes it.
    mutating func clean(_ utterance: Utterance, _ preparation: TextPreparation) -> String {
        var text = utterance.text
        for (index, step) in preparation.steps.enumerated() {
            let next = step(text)
            if !next.hasBytes(of: text) { counts[index].texts += 1 }
            text = next
        }
        if !text.hasBytes(of: utterance.text) { changed += 1 }
        if text.unicodeScalars.contains(where: { $0.properties.numericType != nil }) {
            digits.append("\(utterance.origin): \(text)")
        }
        if text.isEmpty && !utterance.text.isEmpty { empty.append("\(utterance.origin): \(utterance.text)") }
        return text
    }

    func lines(of total: Int) -> [String] {
        let steps = counts.filter { $0.texts > 0 }.map { "\($0.step) \($0.texts)" }
        var lines = [
            "\(changed) of \(total) texts changed"
                + (steps.isEmpty ? "" : ": " + steps.joined(separator: ", "))
        ]
        lines += list(digits, "texts contain digits, which are kept; write them as they are spoken")
        lines += list(empty, "texts are left empty, which no run can use")
        return lines
    }

    private func list(_ places: [String], _ what: String) -> [String] {
        guard !places.isEmpty else { return [] }
        let rest = places.count > 20 ? ["  and \(places.count - 20) more"] : []
        return ["\(places.count) \(what):"] + places.prefix(20).map { "  " + $0 } + rest
    }
}

extension TextPreparation {
    /// The steps one by one, with the spaces between words before those that punctuation leaves.
    fileprivate var steps: [(String) -> String] {
        func alone(_ change: (inout TextPreparation) -> Void) -> (String) -> String {
            var preparation = TextPreparation()
            change(&preparation)
            return preparation.apply
        }
        return [
            alone { $0.normalization = normalization }, alone { $0.textCase = textCase },
            alone { $0.dropped = dropped }, { words($0).joined(separator: " ") },
            alone { $0.punctuation = punctuation },
        ]
    }
}
