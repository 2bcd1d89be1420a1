internal import TOMLKit

/// What is wrong with a text before it can be handed to the parser.
struct TOMLFault: Error {
    let sentence: String
}

/// Parses TOML, without what the parser (toml++ 3) does not survive.
///
/// It ends the process over a table's bracket that no name follows, and reads nothing behind a zero byte.
///
/// - Throws: `TOMLFault`, or `TOMLParseError`.
func tomlTable(_ text: String) throws -> TOMLTable {
    for (index, line) in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        .enumerated()
    {
        if line.contains("\0") { throw TOMLFault(sentence: "line \(index + 1): holds a zero byte") }
        guard isHeaderWithoutName(line) else { continue }
        throw TOMLFault(
            sentence: "line \(index + 1): \"[\" must be followed by the name of a section, as in [pruning]")
    }
    return try TOMLTable(string: text)
}

/// Whether a line opens a table and goes on with what begins no key.
///
/// Within a list of several lines it may be a list of its own; no recipe has such.
private func isHeaderWithoutName(_ line: Substring.UnicodeScalarView) -> Bool {
    func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || scalar == "\u{FEFF}"
    }
    var rest = line.drop(while: isSpace)
    guard rest.popFirst() == "[" else { return false }
    if rest.first == "[" { rest.removeFirst() }
    // Of what Unicode calls white space, the parser passes over these alone here.
    guard let next = rest.drop(while: { $0 == " " || $0 == "\t" }).first else { return true }
    let isKey =
        next.isASCII
        && (next.properties.isAlphabetic || ("0"..."9").contains(next)
            || "-_\"'".unicodeScalars.contains(next))
    // A table of no name at all the parser refuses itself.
    return !isKey && next != "]"
}
