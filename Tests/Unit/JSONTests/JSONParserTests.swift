import JSON
import TestSupport
import Testing

struct JSONParserTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    @Test("values of every type are read")
    func values() throws {
        let value = try parse(
            #" {"n":null , "t":true,"f":false, "i":[0,-0,-12,9223372036854775807], "s":"a\"b\\\/\b\f\n\r\t","#
                + #""d":[0.5,-1e3,1E-2,2.50e+1,123456789012345678901],"# + "\t\r\n" + #""o":{},"a":[] } "#)
        #expect(value["n"] == .null)
        #expect(value["t"]?.boolean == true && value["f"]?.boolean == false)
        #expect(value["i"]?.elements?.map(\.integer) == [0, 0, -12, Int.max])
        #expect(value["s"]?.string == "a\"b\\/\u{8}\u{C}\n\r\t")
        #expect(
            value["d"]?.elements
                == [
                    .number(0.5), .number(-1000), .number(0.01), .number(25),
                    .number(123_456_789_012_345_683_968),
                ])
        #expect(value["o"] == .object([]) && value["a"] == .array([]))
        #expect(value["absent"] == nil)
    }

    @Test("escapes give the characters they name, surrogate pairs included")
    func escapes() throws {
        #expect(try parse(#""\u0041\u00e9\uD83D\uDE00\u0000""#).string == "Aé😀\u{0}")
    }

    @Test(
        "what RFC 8259 does not allow is refused",
        arguments: [
            "", " ", "{", "[", "[1", "[1,", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}",
            "[1 2]",
            "{\"a\" 1}", "tru", "nul", "True", "NaN", "Infinity", "-Infinity", "+1", "01", "-01", "--1", "-",
            ".5",
            "1.", "1.e5", "1e", "1e+", "0x10", "1_000", "'a'", "\"", "\"a", "\"\\\"", "\"\\x41\"",
            "\"\\u12\"",
            "\"\\u+123\"", "\"\\u-000\"", "\"\\u 123\"", "\"\\uD800\"", "\"\\uD800\\u0041\"", "\"\\uDC00\"",
            "\"\\uD800\\n\"", "\"a\nb\"", "\"a\tb\"", "1 2", "[] []", "\u{FEFF}1", "// a\n1", "[1]]", "1e999",
            "-1e999",
        ])
    func refused(text: String) {
        #expect(throws: JSONError.self) { try parse(text) }
    }

    @Test("a fault names its line")
    func line() {
        #expect(fault { try parse("{\n\"a\": 1,\n\"b\": x}") } == "line 3: expected a value")
    }

    @Test("a key that occurs twice is refused, two that only look the same are not")
    func duplicates() throws {
        #expect(fault { try parse(#"{"a":1,"b":2,"a":3}"#) }.contains("\"a\" occurs twice"))
        #expect(fault { try parse(#"{"a":1,"\u0061":3}"#) }.contains("\"a\" occurs twice"))
        let lookalikes = try parse(#"{"\u00e9":0,"e\u0301":1,"\u00c5":2,"\u212b":3}"#)
        #expect(lookalikes.members?.map(\.value.integer) == [0, 1, 2, 3])
    }

    @Test("depth and number of values are bounded")
    func bounds() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try parse(nested(65))
        #expect(fault { try parse(nested(66)) }.contains("nested deeper"))
        #expect(fault { try parse(String(repeating: "[", count: 1_000_000)) }.contains("nested deeper"))
        let many = "[" + String(repeating: "0,", count: 100) + "0]"
        #expect(throws: JSONError.self) { try JSONValue(parsing: Array(many.utf8), maximumValues: 101) }
        _ = try JSONValue(parsing: Array(many.utf8), maximumValues: 102)
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]] as [[UInt8]])
    func invalidUTF8(sequence: [UInt8]) {
        let text = [UInt8(ascii: "\"")] + sequence + [UInt8(ascii: "\"")]
        #expect(fault { try JSONValue(parsing: text) }.contains("invalid UTF-8"))
    }

    @Test("what is written is read back as it was, on one line and on several")
    func roundTrip() throws {
        let value = JSONValue.object([
            .init("text", .string("é\"\\\n\u{1}\u{7F}😀/")), .init("", .array([.null, .boolean(false)])),
            .init("numbers", .array([.integer(Int.min), .number(5e-5), .number(1e300), .number(0.1)])),
            .init("nested", .object([.init("empty", .object([])), .init("list", .array([]))])),
        ])
        #expect(try parse(value.line) == value)
        #expect(try parse(value.text()) == value)
        #expect(JSONValue.number(.nan).line == "null")
    }
}
