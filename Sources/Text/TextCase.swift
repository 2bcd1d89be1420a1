/// Whether transcripts are changed in case before they are encoded.
public enum TextCase: String, Sendable, Codable, CaseIterable {
    /// As they stand.
    case asIs = "as_is"
    case upper
    case lower

    /// The text in this case, by Unicode's full mappings, as Python's `upper` and `lower` have them.
    public func apply(_ text: String) -> String {
        switch self {
        case .asIs: text
        case .upper: text.uppercased()
        case .lower: lowered(text)
        }
    }
}

/// A text in lower case, in which a sigma at the end of a word is ς (Unicode, section 3.13, `Final_Sigma`).
///
/// Swift's own mapping knows no context.
func lowered(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    guard scalars.contains("\u{3A3}") else { return text.lowercased() }
    var result = ""
    for (index, scalar) in scalars.enumerated() {
        if scalar == "\u{3A3}" {
            result += isFinal(index, in: scalars) ? "\u{3C2}" : "\u{3C3}"
        } else {
            result += scalar.properties.lowercaseMapping
        }
    }
    return result
}

/// Whether a cased letter stands before a place and none behind it, marks and apostrophes between them not counted.
private func isFinal(_ place: Int, in scalars: [Unicode.Scalar]) -> Bool {
    func isCased(_ neighbour: Unicode.Scalar?) -> Bool { neighbour?.properties.isCased == true }
    func counts(_ scalar: Unicode.Scalar) -> Bool { !scalar.properties.isCaseIgnorable }
    return isCased(scalars[..<place].last(where: counts))
        && !isCased(scalars[(place + 1)...].first(where: counts))
}
