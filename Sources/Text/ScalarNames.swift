/// A piece of text for a message: in quotes, and with its code points if it can be confused with others.
///
/// For example a letter with its accent in two code points, a mark by itself, a non-breaking space, a
/// direction mark.
public func named(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    guard !scalars.isEmpty else { return "\"\"" }
    let points = scalars.map(codePoint).joined(separator: " ")
    guard scalars.contains(where: isVisible) else { return points }
    // Two that are canonically equivalent look the same.
    let isAmbiguous =
        scalars.contains { !isVisible($0) }
        || scalars.count == 1 && scalars[0].properties.isFullCompositionExclusion
    return isAmbiguous ? "\"\(text)\" (\(points))" : "\"\(text)\""
}

/// The same without quotes if the text is unambiguous, for lists of characters.
public func listed(_ text: String) -> String {
    let name = named(text)
    return name.utf8.first == UInt8(ascii: "\"") && name.utf8.last == UInt8(ascii: "\"") ? text : name
}

/// `U+00E9`.
func codePoint(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}

/// Whether a code point is visible by itself: not a combining mark, a space, or a direction mark.
private func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.properties.isDefaultIgnorableCodePoint { return false }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .spacingMark, .control, .format, .spaceSeparator, .lineSeparator,
        .paragraphSeparator, .privateUse, .surrogate, .unassigned:
        return false
    default: return true
    }
}
