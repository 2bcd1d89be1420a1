/// The case conversion of transcripts before encoding.
public enum TextCase: String, Sendable, Codable, CaseIterable {
    /// Unchanged.
    case asIs = "as_is"
    case upper
    case lower

    /// The text in this case, by Unicode's full mappings, as Python's `upper` and `lower`.
    public func apply(_ text: String) -> String {
        switch self {
        case .asIs: text
        case .upper: text.uppercased()
        case .lower: lowered(text)
        }
    }
}

/// A text in lower case, with a final sigma as ς (Unicode, section 3.13, `Final_Sigma`).
///
/// Swift's own mapping ignores context.
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

/// Whether a cased letter precedes a place and none follows it, ignoring marks and apostrophes in between.
private func isFinal(_ place: Int, in scalars: [Unicode.Scalar]) -> Bool {
    func isCased(_ neighbour: Unicode.Scalar?) -> Bool { neighbour?.properties.isCased == true }
    func counts(_ scalar: Unicode.Scalar) -> Bool { !scalar.properties.isCaseIgnorable }
    return isCased(scalars[..<place].last(where: counts))
        && !isCased(scalars[(place + 1)...].first(where: counts))
}
