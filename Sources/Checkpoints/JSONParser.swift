/// A fault in JSON text: what, and where.
public struct JSONError: Error, CustomStringConvertible, Equatable {
    /// What is wrong.
    public let fault: String
    /// The line, from 1.
    public let line: Int

    /// `line N: what is wrong`.
    public var description: String { "line \(line): \(fault)" }
}

extension JSONValue {
    /// Parses a whole JSON text (RFC 8259).
    ///
    /// - Parameters:
    ///   - bytes: UTF-8; anything else is refused.
    ///   - maximumDepth: Nested arrays and objects allowed.
    public init(parsing bytes: some Collection<UInt8>, maximumDepth: Int = 64) throws(JSONError) {
        var parser = JSONParser(bytes: Array(bytes), maximumDepth: maximumDepth)
        self = try parser.document()
    }
}

private struct JSONParser {
    let bytes: [UInt8]
    let maximumDepth: Int
    var position = 0

    init(bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    mutating func document() throws(JSONError) -> JSONValue {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw fault("invalid UTF-8") }
        skipSpace()
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw fault("text behind the end of the value") }
        return value
    }

    func fault(_ sentence: String) -> JSONError {
        let line = bytes[..<min(position, bytes.count)].reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
        return JSONError(fault: sentence, line: line)
    }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(JSONError) {
        guard take(character) else { throw fault("expected '\(character)'") }
    }

    mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= maximumDepth else { throw fault("nested deeper than \(maximumDepth)") }
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw fault("the text ends too early")
        default: return try number()
        }
    }

    mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let word = text.description.utf8
        guard bytes[position...].starts(with: word) else { throw fault("expected \(text)") }
        position += word.count
        return value
    }

    mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        try expect("{")
        var members: [JSONValue.Member] = []
        var keys = Set<String>()
        skipSpace()
        if take("}") { return .object(members) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw fault("expected a key in quotes") }
            let key = try string()
            guard keys.insert(key).inserted else { throw fault("the key \"\(key)\" stands twice") }
            skipSpace()
            try expect(":")
            skipSpace()
            members.append(JSONValue.Member(key, try value(depth: depth + 1)))
            skipSpace()
        } while take(",")
        try expect("}")
        return .object(members)
    }

    mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        try expect("[")
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") { return .array(elements) }
        repeat {
            skipSpace()
            elements.append(try value(depth: depth + 1))
            skipSpace()
        } while take(",")
        try expect("]")
        return .array(elements)
    }

    mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        func isPart(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || "+-.eE".utf8.contains(byte)
        }
        while let byte = next, isPart(byte) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        let digits = text.drop { $0 == "-" }
        let startsWell =
            digits.first?.isNumber == true
            && !(digits.hasPrefix("0") && digits.dropFirst().first?.isNumber == true)
        if startsWell, let integer = Int(text) { return .integer(integer) }
        if startsWell, !text.hasSuffix("."), let number = Double(text), number.isFinite {
            return .number(number)
        }
        position = start
        throw fault("expected a value")
    }

    mutating func string() throws(JSONError) -> String {
        try expect("\"")
        var scalars: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                return String(decoding: scalars, as: UTF8.self)
            case UInt8(ascii: "\\"):
                scalars += Array(String(Character(try escape())).utf8)
            case 0..<0x20:
                throw fault("a control character inside a string")
            default:
                scalars.append(byte)
            }
        }
        throw fault("a string without its closing quote")
    }

    mutating func escape() throws(JSONError) -> Unicode.Scalar {
        guard let byte = next else { throw fault("a string without its closing quote") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw fault("an unknown escape in a string")
        }
    }

    mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), take("\\"), take("u") else {
            throw fault("half of a surrogate pair")
        }
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw fault("half of a surrogate pair") }
        return scalar
    }

    mutating func hexadecimal() throws(JSONError) -> UInt32 {
        guard position + 4 <= bytes.count,
            let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw fault("four hexadecimal digits must follow \\u") }
        position += 4
        return value
    }
}
