import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

struct SafetensorsFileTests {
    private func open(_ content: [UInt8]) throws -> SafetensorsFile {
        let folder = try TemporaryDirectory()
        return try SafetensorsFile(path: try folder.write(content, to: "model.safetensors"))
    }

    private func floats(_ type: String, _ content: [UInt8], count: Int) throws -> [Float] {
        let header = #"{"x":{"dtype":"\#(type)","shape":[\#(count)],"data_offsets":[0,\#(content.count)]}}"#
        return try open(safetensors(header, buffer: content)).floats("x")
    }

    private func entry(
        _ name: String, _ shape: String, _ begin: Int, _ end: Int, type: String = "F32"
    ) -> String {
        #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
    }

    @Test("tensors of any rank are read, also of no elements and of no axes")
    func reading() throws {
        let header =
            "{" + entry("b", "[2,1]", 4, 12) + "," + entry("scalar", "[]", 0, 4) + ","
            + entry("empty", "[3,0]", 12, 12) + #","__metadata__":{"format":"pt","é":"ü"}}   "#
        let file = try open(safetensors(header, buffer: floatBytes([1, 2, 3])))
        #expect(file.names == ["b", "empty", "scalar"])
        #expect(file.metadata == ["format": "pt", "é": "ü"])
        #expect(file.info("b") == TensorInfo(name: "b", shape: [2, 1], dataType: .float32))
        #expect(file.info("scalar")?.shape.rank == 0 && file.info("empty")?.shape == [3, 0])
        #expect(try file.floats("b") == [2, 3])
        #expect(try file.floats("scalar") == [1])
        #expect(try file.floats("empty") == [])
        #expect(try open(safetensors("{}")).names == [])
        #expect(try open(safetensors(#"{"__metadata__":null}"#)).metadata == [:])
    }

    @Test("bfloat16 is exact in every one of its values")
    func bfloat16() throws {
        let all = (0...UInt16.max).map { $0 }
        let found = try floats("BF16", all.flatMap { bytes($0) }, count: all.count)
        #expect(sameBits(found, all.map { Float(bitPattern: UInt32($0) << 16) }))
    }

    @Test("float16 is exact in every one of its values, subnormal ones too")
    func float16() throws {
        let all = (0...UInt16.max).map { $0 }
        let found = try floats("F16", all.flatMap { bytes($0) }, count: all.count)
        // By the definition of binary16: sign, five bits of exponent, ten of fraction.
        let expected = all.map { bits -> Float in
            let (exponent, fraction) = (Int(bits >> 10) & 31, Double(bits & 1023))
            let magnitude =
                switch exponent {
                case 0: fraction * 0x1p-24
                case 31: fraction == 0 ? Double.infinity : Double.nan
                default: (1024 + fraction) * scalbn(1, exponent - 25)
                }
            return Float(bits >> 15 == 0 ? magnitude : -magnitude)
        }
        #expect(sameBits(found, expected))
    }

    @Test("float64 is rounded to the nearest float32")
    func float64() throws {
        let values = [1 / 3.0, -1e300, 1e-300, 0x1p-149, -0.0, .infinity, .nan, 16_777_217]
        let found = try floats("F64", values.flatMap { bytes($0.bitPattern) }, count: values.count)
        #expect(sameBits(found, values.map { Float($0) }))
    }

    @Test("float32 keeps its bits, those of NaN too")
    func float32() throws {
        let patterns: [UInt32] = [
            0, 0x8000_0000, 1, 0x007F_FFFF, 0x7F7F_FFFF, 0x7F80_0000, 0xFF80_0000, 0x7FC1_2345,
        ]
        let found = try floats("F32", patterns.flatMap { bytes($0) }, count: patterns.count)
        #expect(found.map(\.bitPattern) == patterns)
    }

    @Test("other element types are known, and not taken for weights")
    func otherTypes() throws {
        for type in DataType.allCases where !type.isFloatingPoint {
            let content = [UInt8](repeating: 1, count: 2 * type.size)
            #expect(fault { try floats(type.rawValue, content, count: 2) }.contains("not floating-point"))
        }
        let header =
            "{" + entry("i", "[2]", 0, 16, type: "I64") + "," + entry("u", "[3]", 16, 19, type: "U8") + "}"
        let content = bytes(Int64(-5)) + bytes(Int64.max) + [7, 8, 9]
        let file = try open(safetensors(header, buffer: content))
        #expect(try file.integers("i") == [-5, Int.max])
        #expect(try file.bytes("u") == [7, 8, 9])
        #expect(fault { try file.integers("u") }.contains("holds U8, not I64"))
        #expect(fault { try file.floats("absent") }.contains("no tensor absent"))
    }

    @Test("a header that is too small, too large or not text is refused, each with its reason")
    func brokenHeaders() {
        let cases: [([UInt8], String)] = [
            ([], "0 bytes are too few"), ([1, 2, 3], "3 bytes are too few"),
            (safetensors("{}", statedLength: 100_000_001), "over the limit"),
            (safetensors("{}", statedLength: .max), "over the limit"),
            (safetensors("{}", statedLength: 3), "past the end of the file"),
            (safetensors("", statedLength: 0), "does not start with '{'"),
            (safetensors("[]"), "does not start with '{'"), (safetensors(" {}"), "does not start with '{'"),
            (safetensors("{}{}"), "the header is broken"), (safetensors("{,}"), "the header is broken"),
            (bytes(UInt64(3)) + [0x7B, 0xFF, 0x7D], "invalid UTF-8"),
            (safetensors(#"{"__metadata__":3}"#), "__metadata__ is not an object"),
            (safetensors(#"{"__metadata__":{"a":1}}"#), "not a string"),
            (safetensors(#"{"x":1}"#), "dtype none is not known"),
            (
                safetensors(#"{"x":{"dtype":"F4","shape":[],"data_offsets":[0,0]}}"#),
                "dtype \"F4\" is not known"
            ),
        ]
        for (content, expected) in cases {
            let message = fault { try open(content) }
            #expect(message.contains(expected), "\(expected): \(message)")
        }
    }

    @Test("offsets that do not tile the buffer, and shapes that do not fit, are refused")
    func brokenOffsets() {
        let cases: [([String], Int, String)] = [
            ([entry("a", "[2]", 0, 4)], 4, "do not hold 8 bytes"),
            ([entry("a", "[1]", 0, 4)], 3, "is cut off"),
            ([entry("a", "[1]", 0, 4)], 8, "after the last tensor"),
            ([entry("a", "[1]", 4, 8)], 8, "leaves a hole"),
            ([entry("a", "[2]", 0, 8), entry("b", "[1]", 4, 8)], 8, "overlaps"),
            ([entry("a", "[1]", 0, 4), entry("b", "[1]", 0, 4)], 4, "overlaps"),
            ([entry("a", "[1]", 0, 4), entry("b", "[0]", 6, 6)], 8, "leaves a hole"),
            ([entry("a", "[1]", 8, 4)], 8, "do not hold"), ([entry("a", "[1]", -4, 0)], 4, "do not hold"),
            ([entry("a", "[-1]", 0, 4)], 4, "negative"),
            ([entry("a", "[1.5]", 0, 6)], 6, "negative or missing"),
            ([entry("a", "[4611686018427387904,4]", 0, 0)], 0, "overflows"),
            ([entry("a", "[9223372036854775807]", 0, 4)], 4, "overflows"),
            ([entry("a", "[2305843009213693951]", 0, 9_223_372_036_854_775_804)], 4, "overflow"),
            ([entry("a", "[99999999999999999999]", 0, 4)], 4, "negative or missing"),
            ([entry("a", "7", 0, 4)], 4, "not whole numbers"),
            ([entry("a", "[1]", 0, 4), entry("a", "[1]", 4, 8)], 8, "occurs twice"),
        ]
        for (entries, size, expected) in cases {
            let header = "{" + entries.joined(separator: ",") + "}"
            let message = fault { try open(safetensors(header, buffer: [UInt8](repeating: 0, count: size))) }
            #expect(message.contains(expected), "\(header): \(message)")
        }
    }

    @Test("anything but a regular file is refused")
    func notAFile() throws {
        let folder = try TemporaryDirectory()
        #expect(fault { try SafetensorsFile(path: folder.path) }.contains("is a directory"))
        #expect(fault { try SafetensorsFile(path: folder.path + "/none") }.contains("no such file"))
        #expect(fault { try SafetensorsFile(path: "/dev/zero") }.contains("not a regular file"))
    }

    @Test("a tensor requested with another count is refused")
    func wrongCount() throws {
        let file = try open(safetensors("{" + entry("a", "[2]", 0, 8) + "}", buffer: floatBytes([1, 2])))
        let buffer = FlatBuffer(count: 3)
        #expect(fault { try file.read("a", into: buffer.all) }.contains("(2), not 3 elements"))
    }
}
