import Checkpoints
import Foundation
import JSON
import Tensors
import TestSupport

/// What a pickle of a checkpoint is made of: opcodes with their operands, and the names that mean something.
let pickleTokens: [[UInt8]] =
    [
        [0x28], [0x29], [0x5D], [0x7D], [0x2E], [0x30], [0x32], [0x4E], [0x52], [0x62], [0x51], [0x61],
        [0x65], [0x73],
        [0x74], [0x75], [0x81], [0x85], [0x86], [0x87], [0x88], [0x89], [0x8F], [0x90], [0x93], [0x94],
        [0x71, 0],
        [0x68, 0], [0x71, 1], [0x68, 1], [0x4B, 0], [0x4B, 255], [0x4A, 255, 255, 255, 127], [0x8A, 0],
        [0x80, 2],
        [0x8A, 8, 255, 255, 255, 255, 255, 255, 255, 127], [0x8A, 8, 0, 0, 0, 0, 0, 1, 0, 0],
        [0x8C, 1, 0x61],
        [0x58, 255, 255, 255, 255], [0x8D, 255, 255, 255, 255, 255, 255, 255, 127], [0x8B, 0, 0, 0, 0x80],
        [0x95, 8, 0, 0, 0, 0, 0, 0, 0], [0x47, 0x7F, 0xF8, 0, 0, 0, 0, 0, 0],
    ]
    + [
        "ctorch._utils\n_rebuild_tensor_v2\n", "ccollections\nOrderedDict\n", "ctorch\nFloatStorage\n",
        "cos\nsystem\n",
        "ctorch\nBFloat16Storage\n", "ctorch._utils\n_rebuild_parameter\n", "cargparse\nNamespace\n",
        "comegaconf.dictconfig\nDictConfig\n",
    ].map { Array($0.utf8) }

/// A state dictionary with configurations, views and a tensor without elements.
private let statePickle = PickleWriter.dictionary { writer in
    writer.text("a.weight")
    writer.tensor(count: 64, sizes: [4, 4], strides: [4, 1])
    writer.text("b")
    writer.tensor(count: 64, offset: 3, sizes: [2, 3], strides: [1, 9])
    writer.text("empty")
    writer.tensor(count: 64, sizes: [2, 0], strides: [1, 1])
    writer.text("model")
    writer.put(PickleWriter.emptyDictionary, PickleWriter.mark)
    writer.text("c")
    writer.tensor(storage: "1", type: "HalfStorage", count: 8, sizes: [8], strides: [1])
    writer.put(PickleWriter.setItems)
    writer.text("cfg")
    writer.value(.object([.init("model", .array([.integer(1), .number(0.5), .null, .boolean(true)]))]))
}

private let storages: [String: [UInt8]] = [
    "0": floatBytes((0..<64).map(Float.init)), "1": [UInt8](repeating: 7, count: 16),
]

/// Files of weights as they are stored.
private func stored(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(goldenFolder)/checkpoints/\(name)")))
}

/// Reads every tensor that can be.
func readAll(_ source: any TensorSource, fileBytes: Int) throws {
    for name in source.names {
        guard let info = source.info(name), info.dataType.isFloatingPoint else { continue }
        // What a file states of itself is not larger than the file.
        precondition(info.shape.count <= fileBytes, "\(name): \(info.shape) in \(fileBytes) bytes")
        let buffer = FlatBuffer(count: max(1, info.shape.count))
        try source.read(name, into: buffer[0..<info.shape.count])
    }
}

private func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
}

/// JSON, safetensors and PyTorch's files.
func weightReaders() throws -> [FuzzedReader] {
    let json = #"{"a": [-1.5e-3, "\ud83d\ude00é\n", null, 12], "b": {"c": true, "d": {}, "e": [[], [[1]]]}}"#
    let header =
        #"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"#
        + #""b":{"dtype":"BF16","shape":[],"data_offsets":[24,26]},"c":{"dtype":"F64","shape":[0,7],"data_offsets":[26,26]},"#
        + #""d":{"dtype":"I64","shape":[1],"data_offsets":[26,34]}}"#
    let buffer = [UInt8](repeating: 0x3F, count: 34)
    func torch(_ name: String, _ seeds: [[UInt8]], wrap: @escaping ([UInt8]) -> [UInt8] = { $0 })
        -> FuzzedReader
    {
        FuzzedReader(
            name: name, weight: 6, folders: seeds.map { [Seed("file.pt", $0)] }, tokens: pickleTokens,
            wrap: wrap
        ) { folder in
            let path = folder + "/file.pt"
            try readAll(try TorchArchive(path: path), fileBytes: size(path))
        }
    }
    func safetensorsReader(
        _ name: String, _ seeds: [[UInt8]], wrap: @escaping ([UInt8]) -> [UInt8] = { $0 }
    ) -> FuzzedReader {
        FuzzedReader(
            name: name, weight: 5, folders: seeds.map { [Seed("file.safetensors", $0)] },
            tokens: jsonTokens
                + [[UInt8]](
                    texts: "\"shape\":[", "\"data_offsets\":[0,24]", "\"dtype\":\"F16\"", "\"U8\"",
                    "\"F8_E5M2\"",
                    "\"__metadata__\":", "[9223372036854775807,2]",
                    "[0,9223372036854775807,9223372036854775807]"),
            wrap: wrap
        ) { folder in
            let path = folder + "/file.safetensors"
            try readAll(try SafetensorsFile(path: path), fileBytes: size(path))
        }
    }
    return [
        FuzzedReader(name: "json", weight: 8, folders: [[Seed("file.json", json)]], tokens: jsonTokens) {
            folder in
            let data = FileManager.default.contents(atPath: folder + "/file.json") ?? Data()
            let value = try JSONValue(parsing: data)
            let again = try JSONValue(parsing: Array(value.line.utf8))
            precondition(again == value, "not read back as it was")
        },
        safetensorsReader(
            "safetensors", [try stored("views.safetensors"), safetensors(header, buffer: buffer)]),
        // With a true length and a buffer after it, so that its content is read.
        safetensorsReader("safetensors header", [Array(header.utf8)]) { bytes($0.count) + $0 + buffer },
        torch("torch zip", [try stored("views-zip.pt"), try stored("views-zip-protocol4.pt")]),
        torch("torch legacy", [try stored("views-legacy.pt"), try stored("views-legacy-protocol5.pt")]),
        torch("torch pickle in zip", [statePickle]) { torchZip($0, storages: storages) },
        torch("torch pickle in legacy", [statePickle]) { pickle in
            torchLegacy(
                pickle,
                storages: storages.sorted { $0.key < $1.key }.map {
                    ($0.key, $0.key == "0" ? 64 : 8, $0.value)
                })
        },
    ]
}
