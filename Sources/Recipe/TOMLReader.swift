/// Why a text is not a recipe, and on which line.
struct TOMLFault: Error, Equatable {
    let line: Int
    /// The line, and what is wrong on it.
    let sentence: String

    init(line: Int, _ what: String) {
        self.line = line
        sentence = "line \(line): \(what)"
    }
}

/// A key of a file with its value.
struct TOMLEntry: Sendable, Equatable {
    /// The section, empty at the top.
    let section: String
    let name: String
    let value: RecipeValue
    /// Its line, counted from 1.
    let line: Int
}

/// A file's keys and section headers, in order.
struct TOMLDocument: Sendable, Equatable {
    var entries: [TOMLEntry] = []
    var sections: [(name: String, line: Int)] = []

    static func == (one: TOMLDocument, other: TOMLDocument) -> Bool {
        one.entries == other.entries && one.sections.elementsEqual(other.sections, by: ==)
    }
}

/// Reads the subset of TOML 1.0 that recipes use: sections, and keys whose values are single-line strings,
/// integers, numbers, booleans, and lists of these.
///
/// The rest of TOML is refused with its line: inline tables, arrays of tables, multi-line strings, dates, and
/// non-decimal numbers.
struct TOMLReader {
    private let bytes: [UInt8]
    private var place = 0
    private var line = 1

    /// The maximum depth of nested lists.
    private static let deepestList = 8

    private init(_ text: String) { bytes = Array(text.utf8) }

    /// Reads a whole file.
    static func document(_ text: String) throws(TOMLFault) -> TOMLDocument {
        var reader = TOMLReader(text)
        return try reader.document()
    }

    /// The value of a text; nil if it is not a value.
    static func value(_ text: String) -> RecipeValue? {
        var reader = TOMLReader(text)
        reader.skipSpace()
        guard let value = try? reader.value(depth: 0), (try? reader.endLine()) != nil,
            reader.place == reader.bytes.count
        else { return nil }
        return value
    }
}

// MARK: Lines

extension TOMLReader {
    private mutating func document() throws(TOMLFault) -> TOMLDocument {
        var document = TOMLDocument()
        var section = ""
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
        while place < bytes.count {
            skipSpace()
            if next == UInt8(ascii: "[") {
                section = try header()
                if let first = document.sections.first(where: { $0.name == section }) {
                    throw fault("[\(section)] is already on line \(first.line)")
                }
                document.sections.append((section, line))
            } else if let byte = next, !isLineEnd(byte) {
                let entry = try entry(in: section)
                let first = document.entries.first { $0.section == entry.section && $0.name == entry.name }
                if let first { throw fault("\(entry.name) is already on line \(first.line)") }
                document.entries.append(entry)
            }
            try endLine()
        }
        return document
    }

    private mutating func header() throws(TOMLFault) -> String {
        place += 1
        guard let name = try? key(), take("]") else {
            throw fault("\"[\" must be followed by the name of a section and \"]\", as in [pruning]")
        }
        return name.joined(separator: ".")
    }

    private mutating func entry(in section: String) throws(TOMLFault) -> TOMLEntry {
        let names = try key()
        guard take("=") else {
            throw fault("\(names.joined(separator: ".")) must be followed by \"=\" and a value")
        }
        skipSpace()
        let start = line
        let value = try value(depth: 0)
        let sections = (section.isEmpty ? [] : [section]) + names.dropLast()
        return TOMLEntry(
            section: sections.joined(separator: "."), name: names[names.count - 1], value: value, line: start)
    }

    /// Dotted names, with the space around them.
    private mutating func key() throws(TOMLFault) -> [String] {
        var names: [String] = []
        repeat {
            skipSpace()
            if let quote = next, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
                names.append(try text())
            } else {
                let start = place
                while let byte = next, isBare(byte) { place += 1 }
                guard place > start else { throw fault("a key or a [section] is expected here") }
                names.append(String(decoding: bytes[start..<place], as: UTF8.self))
            }
            skipSpace()
        } while take(".")
        return names
    }

    /// Skips what may follow a value: space, a comment, and the end of the line.
    private mutating func endLine() throws(TOMLFault) {
        skipSpace()
        if next == UInt8(ascii: "#") {
            while let byte = next, byte != UInt8(ascii: "\n") {
                if byte == 0 { throw fault("holds a zero byte") }
                place += 1
            }
        }
        guard let byte = next else { return }
        if byte == UInt8(ascii: "\r"), place + 1 < bytes.count, bytes[place + 1] == UInt8(ascii: "\n") {
            place += 1
        }
        guard next == UInt8(ascii: "\n") else {
            throw fault(byte == 0 ? "holds a zero byte" : "the line continues where it should end")
        }
        place += 1
        line += 1
    }
}

// MARK: Values

extension TOMLReader {
    private mutating func value(depth: Int) throws(TOMLFault) -> RecipeValue {
        switch next {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try text())
        case UInt8(ascii: "["): return .array(try list(depth: depth + 1))
        case UInt8(ascii: "{"): throw fault("a recipe cannot contain a table in braces; write a [section]")
        default: break
        }
        let start = place
        while let byte = next, isBare(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".") {
            place += 1
        }
        let word = String(decoding: bytes[start..<place], as: UTF8.self)
        guard let value = Self.scalar(word) else {
            throw fault(
                word.isEmpty ? "a value is missing" : "\(word) is not a value; a text needs quotes")
        }
        return value
    }

    /// A value without quotes or brackets.
    private static func scalar(_ word: String) -> RecipeValue? {
        if word == "true" || word == "false" { return .boolean(word == "true") }
        let unsigned = word.drop { $0 == "+" || $0 == "-" }
        guard word.count - unsigned.count <= 1 else { return nil }
        if unsigned == "inf" || unsigned == "nan" { return Double(word).map(RecipeValue.number) }
        // Underscores are allowed only between digits, and only zero itself may begin with a zero.
        let parts = unsigned.split(omittingEmptySubsequences: false) { ".eE+-".contains($0) }
        let digits = parts.allSatisfy { part in
            part.split(separator: "_", omittingEmptySubsequences: false).allSatisfy { piece in
                !piece.isEmpty && piece.allSatisfy { ("0"..."9").contains($0) }
            }
        }
        let hasSignedExponent =
            unsigned.contains("e+") || unsigned.contains("e-") || unsigned.contains("E+")
            || unsigned.contains("E-")
        guard let first = parts.first, first == "0" || !first.hasPrefix("0") else { return nil }
        let plain = word.replacing("_", with: "")
        if unsigned.allSatisfy({ ("0"..."9").contains($0) || $0 == "_" }) {
            return digits ? Int(plain).map(RecipeValue.integer) : nil
        }
        guard digits || hasSignedExponent && parts.filter({ !$0.isEmpty }).count == parts.count - 1 else {
            return nil
        }
        return Double(plain).map(RecipeValue.number)
    }

    private mutating func list(depth: Int) throws(TOMLFault) -> [RecipeValue] {
        guard depth <= Self.deepestList else {
            throw fault("a recipe cannot contain lists nested this deep")
        }
        place += 1
        var values: [RecipeValue] = []
        while true {
            try skipLines()
            if take("]") { return values }
            values.append(try value(depth: depth))
            try skipLines()
            if take(",") { continue }
            guard take("]") else { throw fault("a list must continue with \",\" or end with \"]\"") }
            return values
        }
    }

    /// Skips space, comments and line ends within a list.
    private mutating func skipLines() throws(TOMLFault) {
        skipSpace()
        while let byte = next, isLineEnd(byte) {
            try endLine()
            skipSpace()
        }
    }

    /// A quoted string: with escapes in double quotes, literal in single quotes.
    private mutating func text() throws(TOMLFault) -> String {
        let quote = bytes[place]
        place += 1
        if next == quote, place + 1 < bytes.count, bytes[place + 1] == quote {
            throw fault("a recipe cannot contain a text over several lines")
        }
        var content: [UInt8] = []
        while let byte = next, byte != quote {
            place += 1
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                content += try escape()
            } else if byte >= 0x20 && byte != 0x7F || byte == UInt8(ascii: "\t") {
                content.append(byte)
            } else {
                throw fault(
                    byte == 0
                        ? "holds a zero byte"
                        : "a text must end on its line, with the quote that it began with")
            }
        }
        guard next == quote else {
            throw fault("a text must end on its line, with the quote that it began with")
        }
        place += 1
        return String(decoding: content, as: UTF8.self)
    }

    /// What the escape after a backslash stands for.
    private mutating func escape() throws(TOMLFault) -> [UInt8] {
        let simple: [UInt8: UInt8] = [
            UInt8(ascii: "b"): 0x08, UInt8(ascii: "t"): 0x09, UInt8(ascii: "n"): 0x0A,
            UInt8(ascii: "f"): 0x0C,
            UInt8(ascii: "r"): 0x0D, UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C,
        ]
        guard let kind = next else {
            throw fault("a text must end on its line, with the quote that it began with")
        }
        place += 1
        if let byte = simple[kind] { return [byte] }
        let length = kind == UInt8(ascii: "u") ? 4 : kind == UInt8(ascii: "U") ? 8 : 0
        let digits = bytes[place..<min(bytes.count, place + length)]
        guard length > 0, digits.count == length,
            let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
            digits.first != UInt8(ascii: "+"), let scalar = Unicode.Scalar(code)
        else {
            throw fault(
                "a backslash begins an unknown escape; in single quotes a text is taken literally")
        }
        place += length
        return Array(String(Character(scalar)).utf8)
    }
}

// MARK: Bytes

extension TOMLReader {
    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private func fault(_ what: String) -> TOMLFault { TOMLFault(line: line, what) }

    private mutating func skipSpace() {
        while let byte = next, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { place += 1 }
    }

    private mutating func take(_ character: Character) -> Bool {
        guard next == character.asciiValue else { return false }
        place += 1
        return true
    }

    /// Whether a byte may occur in an unquoted key.
    private func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private func isLineEnd(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "#")
    }
}
