internal import Foundation
package import Text

/// The Unicode form to convert transcripts to.
package enum TextNormalization: String, Sendable, Codable, CaseIterable {
    /// Unchanged.
    case asIs = "none"
    /// Letters with their marks composed into one code point if possible.
    case composed = "nfc"
    /// The same, with compatibility characters such as ligatures and wide letters replaced.
    case compatible = "nfkc"

    package func apply(_ text: String) -> String {
        switch self {
        case .asIs: text
        case .composed: text.precomposedStringWithCanonicalMapping
        case .compatible: text.precomposedStringWithCompatibilityMapping
        }
    }
}

/// What to do with punctuation in transcripts.
package enum Punctuation: String, Sendable, Codable, CaseIterable {
    /// It is kept.
    case keep
    /// Dashes become spaces, the rest is removed; apostrophes within words stay.
    case drop
}

/// What is done to every transcript before it is encoded, in this order.
package struct TextPreparation: Sendable, Equatable {
    package var normalization = TextNormalization.asIs
    package var textCase = TextCase.asIs
    /// Code points to leave out.
    package var dropped = ""
    package var punctuation = Punctuation.keep
    /// What to do with characters outside the vocabulary.
    package var unknown = UnknownCharacters.refuse

    /// Nothing is done.
    package init() {}

    /// A transcript ready to be encoded.
    package func apply(_ text: String) -> String {
        var prepared = textCase.apply(normalization.apply(text))
        if !dropped.isEmpty {
            let unwanted = Set(dropped.unicodeScalars)
            prepared.unicodeScalars.removeAll(where: unwanted.contains)
        }
        if punctuation == .drop { prepared = Self.withoutPunctuation(prepared) }
        return prepared
    }

    private static func withoutPunctuation(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        func isLetter(_ place: Int) -> Bool {
            scalars.indices.contains(place)
                && (scalars[place].properties.isAlphabetic
                    || scalars[place].properties.generalCategory == .nonspacingMark)
        }
        var kept = String.UnicodeScalarView()
        for (place, scalar) in scalars.enumerated() {
            switch scalar.properties.generalCategory {
            case .dashPunctuation, .connectorPunctuation: kept.append(" ")
            case .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
                .otherPunctuation:
                let isApostrophe = scalar == "'" || scalar == "\u{2019}"
                if isApostrophe && isLetter(place - 1) && isLetter(place + 1) { kept.append(scalar) }
            default: kept.append(scalar)
            }
        }
        return words(String(kept)).joined(separator: " ")
    }
}

/// A change of how transcripts are prepared, for a message.
package struct TextRemedy: Equatable {
    /// Keys of a recipe's `[data]` and their new values.
    package let settings: [(key: String, value: String)]

    package static func == (a: TextRemedy, b: TextRemedy) -> Bool { a.recipeText == b.recipeText }

    /// `data.text_case = "upper"`.
    package var recipeText: String {
        settings.map { $0.value.isEmpty ? "data.\($0.key)" : "data.\($0.key) = \"\($0.value)\"" }
            .joined(separator: " with ")
    }

    /// `--text-case upper`.
    package var optionText: String {
        settings.map { "--\($0.key.replacing("_", with: "-"))" + ($0.value.isEmpty ? "" : " \($0.value)") }
            .joined(separator: " ")
    }
}

extension TextPreparation {
    /// Remedies for characters outside the vocabulary, the smallest change first.
    ///
    /// - Parameter texts: Transcripts as in the corpus.
    package func remedies(for texts: [String], vocabulary: Vocabulary) -> [TextRemedy] {
        let faulty = texts.filter { !vocabulary.tokenize(apply($0)).unknown.isEmpty }
        guard !faulty.isEmpty else { return [] }
        func wouldDo(_ change: (inout TextPreparation) -> Void) -> Bool {
            var other = self
            change(&other)
            return faulty.allSatisfy { vocabulary.tokenize(other.apply($0)).unknown.isEmpty }
        }
        var remedies: [TextRemedy] = []
        func suggest(_ settings: (String, String)...) {
            remedies.append(TextRemedy(settings: settings.map { (key: $0.0, value: $0.1) }))
        }
        if wouldDo({ $0.normalization = .composed }) { suggest(("text_normalization", "nfc")) }
        if wouldDo({ $0.textCase = .upper }) { suggest(("text_case", "upper")) }
        if wouldDo({ $0.textCase = .lower }) { suggest(("text_case", "lower")) }
        if wouldDo({ $0.punctuation = .drop }) { suggest(("punctuation", "drop")) }
        for textCase in [TextCase.upper, .lower]
        where remedies.isEmpty && wouldDo({ ($0.textCase, $0.punctuation) = (textCase, .drop) }) {
            suggest(("text_case", textCase.rawValue), ("punctuation", "drop"))
        }
        suggest(("drop_characters", ""))
        suggest(("unknown_characters", "drop"))
        suggest(("unknown_characters", "unknown"))
        return remedies
    }
}
