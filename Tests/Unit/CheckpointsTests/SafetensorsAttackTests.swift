import Checkpoints
import TestSupport
import Testing

/// Attacks of the kinds that safetensors publishes with its format (`attacks/README.md` there), rebuilt.
struct SafetensorsAttackTests {
    private func refusal(_ content: [UInt8]) -> String {
        fault {
            let folder = try TemporaryDirectory()
            return try SafetensorsFile(path: try folder.write(content, to: "model.safetensors"))
        }
    }

    private func entry(_ name: String, type: String = "F32", shape: String, _ begin: String, _ end: String)
        -> String
    {
        #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
    }

    @Test("a header that claims to be longer than the file")
    func longHeader() {
        let header = "{" + entry("weight", shape: "[2,2]", "0", "16") + "}"
        let buffer = floatBytes([0, 0, 0, 0])
        for length in [1000, 1 << 32, UInt64(Int64.max), .max] {
            let message = refusal(safetensors(header, buffer: buffer, statedLength: length))
            #expect(message.contains("header of \(length) bytes"), "\(message)")
        }
    }

    @Test("a hundred thousand tensors in the same bytes, which would take gigabytes once they are loaded")
    func overlapping() {
        let bytes = 200 * 200 * 4
        let entries = (0..<100_000).map { entry("weight_\($0)", shape: "[200,200]", "0", String(bytes)) }
        let header = "{" + entries.joined(separator: ",") + "}"
        let message = refusal(safetensors(header, buffer: [UInt8](repeating: 0, count: bytes)))
        #expect(message.contains("overlaps the previous one"), "\(message)")
    }

    @Test("offsets that are negative, out of the file, or another number of bytes than shape and type have")
    func offsets() {
        let cases = [
            ("[1]", "-4", "0"), ("[1]", "16", "20"), ("[2,2]", "0", "8"),
            ("[2,2]", "0", "9223372036854775807"),
            ("[4]", "12", "28"), ("[4611686018427387904,4]", "0", "16"), ("[-2,-2]", "0", "16"),
            ("[4]", "16", "0"), ("[4]", "0", "18446744073709551616"),
        ]
        for (shape, begin, end) in cases {
            let header = "{" + entry("weight", shape: shape, begin, end) + "}"
            #expect(
                refusal(safetensors(header, buffer: floatBytes([0, 0, 0, 0]))) != "no fault", "\(header)")
        }
    }

    @Test(
        "a header that the JSON parser would choke on: nested without end, a name twice, numbers beyond all bounds"
    )
    func json() {
        let nested = String(repeating: #"{"a":"#, count: 1_000_000)
        let good = entry("weight", shape: "[1]", "0", "4")
        let twice = "{\(good),\(good)}"
        let huge = #"{"weight":{"dtype":"F32","shape":[1e308],"data_offsets":[0,4]}}"#
        for header in [nested, "{\"__metadata__\":" + nested, twice, huge] {
            #expect(
                refusal(safetensors(header, buffer: floatBytes([0]))) != "no fault", "\(header.prefix(80))")
        }
    }

    @Test("PyTorch's compressed bomb: the directory promises more of a storage than the file has")
    func bomb() {
        let pickle = PickleWriter.dictionary { writer in
            writer.text("weight")
            writer.tensor(count: 1 << 30, sizes: [1 << 30], strides: [1])
        }
        // What a deflated gigabyte of zeros begins with; nothing is inflated.
        let deflated: [UInt8] = [0xEC, 0xC1, 0x01, 0x01, 0, 0, 0, 0x80, 0x90, 0xFE, 0xAF, 0xEE, 0x08, 0x0A]
        for (method, size) in [(UInt16(8), UInt32.max), (8, 14), (0, UInt32.max)] {
            let file = zipFile([
                ZipEntry(name: "archive/data.pkl", content: pickle),
                ZipEntry(name: "archive/data/0", content: deflated, method: method, statedSize: size),
            ])
            let message = fault {
                let folder = try TemporaryDirectory()
                return try TorchArchive(path: try folder.write(file, to: "model.pt"))
            }
            #expect(message.contains("broken zip") || message.contains("compressed"), "\(message)")
        }
    }
}
