import Checkpoints
import Foundation
import Models
import Tensors
import TestSupport
import Testing

struct ModelPackTests {
    /// What tests break of a pack.
    private static let zstdFrame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    /// A copy of a golden model with a card, and weights that are partly zero: of these one negative.
    private func model(in folder: borrowing TemporaryDirectory) throws -> String {
        let directory = folder.path + "/model"
        try FileManager.default.copyItem(atPath: goldenFolder + "/models/tiny-stable", toPath: directory)
        try folder.write("---\nlicense: cc0-1.0\n---\n", to: "model/README.md")
        let path = directory + "/model.safetensors"
        var bytes = [UInt8](try #require(FileManager.default.contents(atPath: path)))
        let start = bytes.count / 8 * 4
        for index in start..<bytes.count - 4 where index / 4 % 8 != 0 { bytes[index] = 0 }
        bytes[start + 7] = 0x80
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return directory
    }

    private func files(of directory: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            files[name] = FileManager.default.contents(atPath: directory + "/" + name)
        }
        return files
    }

    @Test(
        "every file of a directory comes back as the same bytes, and weights are read as if they were there")
    func roundTrip() throws {
        let folder = try TemporaryDirectory()
        let directory = try model(in: folder)
        let pack = folder.path + "/model.pack"
        let sizes = try ModelPack.write(directory: directory, to: pack)
        #expect(sizes.packBytes < sizes.directoryBytes)
        try ModelPack(path: pack).unpack(to: folder.path + "/again")
        #expect(try files(of: folder.path + "/again") == files(of: directory))

        let (stored, packed) = (try StoredModel(path: directory), try StoredModel(path: pack))
        #expect(packed.form == .pack && packed.config == stored.config && packed.tokens == stored.tokens)
        #expect(packed.tokenizer == stored.tokenizer && packed.preprocessor == stored.preprocessor)
        let (expected, found) = (try stored.openWeights(), try packed.openWeights())
        #expect(found.names == expected.names)
        for name in expected.names {
            let info = try #require(expected.info(name))
            #expect(found.info(name) == info)
            let left = FlatBuffer(count: info.shape.count)
            let right = FlatBuffer(count: info.shape.count)
            try expected.read(name, into: left.all)
            try found.read(name, into: right.all)
            #expect(sameBits(left.all.array(), right.all.array()), "\(name)")
        }
    }

    @Test("every element type comes back: also those other than float32, and dense ones without a mask")
    func dataTypes() throws {
        let folder = try TemporaryDirectory()
        try folder.write("{}", to: "model/config.json")
        let views = try #require(
            FileManager.default.contents(atPath: goldenFolder + "/checkpoints/views.safetensors"))
        try folder.write(views, to: "model/model.safetensors")
        let pack = folder.path + "/pack"
        _ = try ModelPack.write(directory: folder.path + "/model", to: pack)
        try ModelPack(path: pack).unpack(to: folder.path + "/again")
        #expect(try files(of: folder.path + "/again") == files(of: folder.path + "/model"))
    }

    @Test("numbers of every size and bit pattern come back, cut into frames or not, sparse, dense and empty")
    func bitPatterns() throws {
        let draw = CountedRandom(seed: 7, stream: .pretraining)
        for (type, size) in [("U8", 1), ("BF16", 2), ("F16", 2), ("F32", 4), ("I64", 8)] {
            for (count, kept) in [(0, 1.0), (1, 1), (13, 0.5), (30_000, 1), (30_001, 0.3), (4_099, 0)] {
                var bytes = [UInt8](repeating: 0, count: count * size)
                for index in bytes.indices where draw.uniform(at: UInt64(index / size)) < kept {
                    bytes[index] = UInt8(truncatingIfNeeded: draw.bits(at: UInt64(index + 1 << 20)))
                }
                let folder = try TemporaryDirectory()
                try folder.write("{}", to: "model/config.json")
                let header = safetensors(
                    #"{"w":{"dtype":"\#(type)","shape":[\#(count)],"data_offsets":[0,\#(bytes.count)]}}"#)
                try folder.write(header + bytes, to: "model/model.safetensors")
                let pack = folder.path + "/pack"
                _ = try ModelPack.write(directory: folder.path + "/model", to: pack)
                try ModelPack(path: pack).unpack(to: folder.path + "/again")
                let same = try files(of: folder.path + "/again") == files(of: folder.path + "/model")
                #expect(same, "\(count) of \(type), \(kept) kept")
            }
        }
    }

    @Test("a folder of other files is not replaced by what was packed")
    func nothingReplaced() throws {
        let folder = try TemporaryDirectory()
        let directory = try model(in: folder)
        let pack = folder.path + "/pack"
        _ = try ModelPack.write(directory: directory, to: pack)
        try folder.write("mine", to: "texts/notes.txt")
        let others = folder.path + "/texts"
        #expect(fault { try ModelPack(path: pack).unpack(to: others) }.contains("a folder of other files"))
    }

    @Test("weights that are not safetensors, and other files of weights, are refused with what to do")
    func refusedDirectories() throws {
        let folder = try TemporaryDirectory()
        try folder.write("{}", to: "model/config.json")
        try folder.write([0x80, 2], to: "model/pytorch_model.bin")
        let output = folder.path + "/pack"
        #expect(
            fault { try ModelPack.write(directory: folder.path + "/model", to: output) }.contains(
                "parp convert"))
        let plain = goldenFolder + "/checkpoints/views.safetensors"
        #expect(fault { try ModelPack(path: plain) }.contains("no packed model"))
    }

    /// A pack of one float32 tensor of `elements`, with arbitrary entries.
    private func pack(
        elements: Int = 4, stated: Int? = nil, planes: [UInt8], mask: [UInt8]? = nil, version: String = "2",
        others: [String: [UInt8]] = [:], headerFrame: [UInt8]? = nil
    ) throws -> String {
        let folder = try TemporaryDirectory()
        let header = Array(
            safetensors(#"{"w":{"dtype":"F32","shape":[\#(elements)],"data_offsets":[0,\#(4 * elements)]}}"#))
        var writer = SafetensorsWriter(metadata: [
            "format": "parp-pack", "version": version,
            "bytes/model.safetensors": String(stated ?? header.count + 4 * elements),
        ])
        writer.add("weights/model.safetensors/header", bytes: headerFrame ?? rawFrame(header))
        writer.add("weights/model.safetensors/0", bytes: (mask ?? []) + planes)
        for (name, bytes) in others { writer.add(name, bytes: bytes) }
        let path = folder.path + "/pack"
        try writer.write(to: path)
        return fault {
            let pack = try ModelPack(path: path)
            let target = FlatBuffer(count: elements)
            try pack.read("w", into: target.all)
        }
    }

    /// A frame of zstd with these bytes, uncompressed, that states `count` of them.
    private func rawFrame(_ content: [UInt8], stating count: Int? = nil) -> [UInt8] {
        // A single segment with eight bytes of content size, and one last raw block.
        Self.zstdFrame + [0xE0] + bytes(UInt64(count ?? content.count))
            + Array(bytes(UInt32(content.count << 3 | 1)).prefix(3)) + content
    }

    @Test("broken, lying and superfluous parts are refused, before memory is taken for what they state")
    func hostile() throws {
        let planes = rawFrame([UInt8](repeating: 0x3F, count: 16))
        #expect(try pack(planes: planes) == "no fault")
        #expect(try pack(planes: planes, version: "1").contains("version 1"))
        // More bytes, fewer, none stated, cut off.
        #expect(try pack(planes: rawFrame([0, 0])).contains("tensor w is broken"))
        #expect(try pack(planes: rawFrame([0, 0], stating: 16)).contains("tensor w is broken"))
        #expect(try pack(planes: Array(planes.dropLast())).contains("tensor w is broken"))
        #expect(try pack(planes: []).contains("tensor w is broken"))
        // Something after the last frame; frames that state more together than a number holds.
        #expect(try pack(planes: planes + [0]).contains("tensor w is broken"))
        let huge = rawFrame([0], stating: .max)
        #expect(try pack(planes: planes + huge + huge).contains("tensor w is broken"))
        // A mask that keeps another number, or bits after the last.
        let kept = rawFrame([UInt8](repeating: 0x3F, count: 8))
        #expect(try pack(planes: kept, mask: rawFrame([0b0101])) == "no fault")
        #expect(try pack(planes: kept, mask: rawFrame([0b0111])).contains("tensor w is broken"))
        #expect(try pack(planes: kept, mask: rawFrame([0b1_0100])).contains("tensor w is broken"))
        #expect(try pack(planes: rawFrame([]), mask: rawFrame([0])) == "no fault")
        // A header that is longer, or states what no file holds.
        let elements = 1 << 40
        #expect(try pack(elements: elements, planes: planes).contains("or too many"))
        #expect(try pack(stated: 3, planes: planes).contains("how many bytes"))
        let long = rawFrame([0x20], stating: 1 << 40)
        #expect(try pack(planes: planes, headerFrame: long).contains("too large"))
        for name in ["file/../x", "file/.x", "file/", "other/x", "weights/a/b", "weights/a/01", "file/a/b"] {
            #expect(try pack(planes: planes, others: [name: rawFrame([0])]).contains("not part of a packed"))
        }
        let unknown = "weights/model.safetensors/1"
        #expect(try pack(planes: planes, others: [unknown: rawFrame([0])]).contains("do not mention"))
        let bomb = rawFrame([0], stating: 60 << 20)
        #expect(try pack(planes: planes, others: ["file/a.json": bomb]).contains("can hold"))
    }
}
