package import Speech
package import Text

/// An utterance's reference, its hypothesis, and the errors.
package struct JudgedUtterance: Sendable {
    package let id: String
    package let seconds: Double
    package let speaker: String?
    package let language: String?
    package let reference: String
    package let hypothesis: String
    package let words: ErrorRate
    package let characters: ErrorRate

    /// Counts the errors in an utterance.
    package init(_ utterance: Utterance, reference: String, hypothesis: String) {
        id = utterance.id
        seconds = utterance.durationSeconds
        speaker = utterance.speaker
        language = utterance.language
        self.reference = reference
        self.hypothesis = hypothesis
        var (words, characters) = (ErrorRate(), ErrorRate())
        words.addWords(reference: reference, hypothesis: hypothesis)
        characters.addCharacters(reference: reference, hypothesis: hypothesis)
        (self.words, self.characters) = (words, characters)
    }
}

/// The unit of resampling.
package enum ResampledUnit: String, Sendable, CaseIterable {
    /// Each utterance by itself.
    case utterances
    /// Each speaker with all their utterances, since those are not independent.
    case speakers

    /// The word and character errors of each unit, in order of first occurrence.
    package func errors(_ utterances: [JudgedUtterance]) -> (words: [ErrorRate], characters: [ErrorRate]) {
        guard self == .speakers else { return (utterances.map(\.words), utterances.map(\.characters)) }
        var places: [String: Int] = [:]
        var (words, characters): ([ErrorRate], [ErrorRate]) = ([], [])
        for utterance in utterances {
            // Unknown speakers count as different ones.
            let name = utterance.speaker.map { "s" + $0 } ?? "u" + utterance.id
            let place = places[name] ?? words.count
            if place == words.count {
                places[name] = place
                words.append(ErrorRate())
                characters.append(ErrorRate())
            }
            words[place] = words[place] + utterance.words
            characters[place] = characters[place] + utterance.characters
        }
        return (words, characters)
    }
}
