import Checkpoints
import Foundation
import JSON
import Tensors
import TestSupport
import Testing

struct SafetensorsWriterTests {
    @Test("what is written is read back: numbers, bytes, whole numbers, empty and scalar tensors, strings")
    func roundTrip() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/x.safetensors"
        let buffer = FlatBuffer(count: 6)
        let values: [Float] = [1, -0.0, .infinity, .nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
        buffer.all.copy(from: values)
        var writer = SafetensorsWriter(metadata: ["note": "é \"quoted\""])
        writer.add("matrix", buffer.all, shape: [2, 3])
        writer.add("scalar", buffer[0..<1], shape: [])
        writer.add("empty", buffer[0..<0], shape: [0, 5])
        writer.add("mask", bytes: [1, 2, 255])
        writer.add("steps", integers: [-1, Int.max])
        try writer.write(to: path)
        let file = try SafetensorsFile(path: path)
        #expect(file.metadata == ["format": "pt", "note": "é \"quoted\""])
        #expect(file.names == ["empty", "mask", "matrix", "scalar", "steps"])
        #expect(sameBits(try file.floats("matrix"), values))
        #expect(file.info("scalar")?.shape == [] && file.info("empty")?.shape == [0, 5])
        #expect(try file.bytes("mask") == [1, 2, 255])
        #expect(try file.integers("steps") == [-1, Int.max])
    }

    @Test("tensors are aligned to their elements, widest first, as the reference writes them")
    func alignment() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/x.safetensors"
        let buffer = FlatBuffer(count: 3)
        var writer = SafetensorsWriter()
        writer.add("a", bytes: [1])
        writer.add("b", buffer.all, shape: [3])
        writer.add("c", integers: [5])
        try writer.write(to: path)
        let content = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let length = Int(content[0]) + Int(content[1]) << 8
        #expect(length % 8 == 0)
        let header = try JSONValue(parsing: content[8..<8 + length])
        #expect(header["c"]?["data_offsets"] == .array([.integer(0), .integer(8)]))
        #expect(header["b"]?["data_offsets"] == .array([.integer(8), .integer(20)]))
        #expect(header["a"]?["data_offsets"] == .array([.integer(20), .integer(21)]))
    }

    @Test("a convolution's weight is written as PyTorch has it and read back as it was")
    func fileOrder() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/x.safetensors"
        var layout = ParameterLayout()
        let slot = layout.add("conv.weight", [2, 3, 4], fileOrder: .convolution)
        let store = FlatBuffer(count: layout.count)
        for index in 0..<24 { store.all[index] = Float(index) }
        var writer = SafetensorsWriter()
        writer.add(slot, of: store.all)
        try writer.write(to: path)
        let file = try SafetensorsFile(path: path)
        // (out, tap, in) in memory, (out, in, tap) in the file.
        #expect(file.info("conv.weight")?.shape == [2, 4, 3])
        #expect(try file.floats("conv.weight").prefix(6) == [0, 4, 8, 1, 5, 9])
        let read = FlatBuffer(count: layout.count)
        _ = try loadParameters(from: file, into: read.all, layout: layout)
        #expect(read.all.array() == store.all.array())
    }
}
