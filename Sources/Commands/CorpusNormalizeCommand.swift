internal import Checkpoints
internal import Foundation
internal import Recipe
internal import Session
internal import Speech
internal import Tasks
internal import Text
internal import Training

/// Writes a manifest with cleaned texts and reports what it changed, and what it left to the user.
func runCorpusNormalization(_ options: CorpusNormalize, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        try options.manifest.requireFree(reading: options.corpus)
        var utterances = try options.corpus.manifest().utterances
        let preparation = TextPreparation(options.cleaning, options.textNormalization)
        var changes = TextChanges()
        for index in utterances.indices {
            utterances[index].text = changes.clean(utterances[index], preparation)
        }
        try options.manifest.write(utterances)
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
