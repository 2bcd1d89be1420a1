internal import Foundation
internal import JSON
public import Tensors

/// Writes safetensors files tensor by tensor, without a copy of everything.
public struct SafetensorsWriter {
    /// The content of a tensor.
    private enum Content {
        case floats(Tensor)
        case parameter(Tensor, ParameterSlot)
        case stored(any TensorSource, String)
        case bytes([UInt8])
        case integers([Int])
    }

    private struct Entry {
        let name: String
        let dataType: DataType
        let shape: Shape
        let content: Content
    }

    private var entries: [Entry] = []
    private let metadata: [String: String]

    /// A file with these strings in its header, and `format`, which transformers requires.
    public init(metadata: [String: String] = [:]) {
        self.metadata = metadata.merging(["format": "pt"]) { given, _ in given }
    }

    /// Adds float32 numbers, which must stay in place until `write`.
    public mutating func add(_ name: String, _ tensor: Tensor, shape: Shape) {
        entries.append(Entry(name: name, dataType: .float32, shape: shape, content: .floats(tensor)))
    }

    /// Adds a parameter in file order, from a flat buffer that must stay in place until `write`.
    public mutating func add(_ slot: ParameterSlot, of values: Tensor, prefix: String = "") {
        entries.append(
            Entry(
                name: prefix + slot.name, dataType: .float32, shape: slot.fileShape,
                content: .parameter(values.elements(slot.range), slot)))
    }

    /// Adds a floating-point tensor of another file, as float32 or bfloat16; it is read only while this one is
    /// written.
    public mutating func add(
        _ name: String, from source: any TensorSource, named original: TensorInfo,
        precision: StoredPrecision = .float32
    ) {
        entries.append(
            Entry(
                name: name, dataType: precision.dataType, shape: original.shape,
                content: .stored(source, original.name)))
    }

    /// Adds bytes.
    public mutating func add(_ name: String, bytes: [UInt8], shape: Shape? = nil) {
        entries.append(
            Entry(name: name, dataType: .uint8, shape: shape ?? [bytes.count], content: .bytes(bytes)))
    }

    /// Adds whole numbers.
    public mutating func add(_ name: String, integers: [Int]) {
        entries.append(
            Entry(name: name, dataType: .int64, shape: [integers.count], content: .integers(integers)))
    }

    /// Writes the file: beside its place, synced, renamed.
    ///
    /// Without `durable` it is not synced: for files that can be remade.
    public func write(to path: String, durable: Bool = true) throws(CheckpointError) {
        precondition(Set(entries.map(\.name)).count == entries.count, "\(path): two tensors of one name")
        // As in the reference: widest elements first, so that every tensor is aligned; then by name.
        let ordered = entries.sorted { (-$0.dataType.size, $0.name) < (-$1.dataType.size, $1.name) }
        var file = try AtomicFile(path: path)
        try file.write(header(ordered))
        for entry in ordered { try write(entry, to: &file) }
        try file.commit(durable: durable)
    }

    private func header(_ ordered: [Entry]) -> Data {
        let strings = metadata.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
        var members = [JSONValue.Member("__metadata__", .object(strings))]
        var position = 0
        for entry in ordered {
            let end = position + entry.shape.count * entry.dataType.size
            members.append(
                JSONValue.Member(
                    entry.name,
                    .object([
                        .init("dtype", .string(entry.dataType.rawValue)),
                        .init("shape", .array(entry.shape.dimensions.map(JSONValue.integer))),
                        .init("data_offsets", .array([.integer(position), .integer(end)])),
                    ])))
            position = end
        }
        var text = Data(JSONValue.object(members).line.utf8)
        text.append(Data(repeating: 0x20, count: (8 - text.count % 8) % 8))
        var length = UInt64(text.count).littleEndian
        return Data(bytes: &length, count: 8) + text
    }

    private func write(_ entry: Entry, to file: inout AtomicFile) throws(CheckpointError) {
        switch entry.content {
        case .floats(let tensor):
            try write(tensor, to: &file)
        case .parameter(let values, let slot) where slot.fileOrder == .same:
            try write(values, to: &file)
        case .parameter(let values, let slot):
            let ordered = FlatBuffer(count: values.count)
            writeInFileOrder(values, slot: slot, into: ordered.all)
            try write(ordered.all, to: &file)
        case .stored(let source, let name):
            let buffer = FlatBuffer(count: entry.shape.count)
            try source.read(name, into: buffer.all)
            try requireFinite(buffer.all, name, of: source)
            if entry.dataType == .bfloat16 {
                try file.write(bfloat16Bytes(of: buffer.all))
            } else {
                try write(buffer.all, to: &file)
            }
        case .bytes(let bytes):
            try file.write(Data(bytes))
        case .integers(let integers):
            var words = integers.map { Int64($0).littleEndian }
            try file.write(Data(bytes: &words, count: words.count * 8))
        }
    }

    /// Writes numbers in pieces, so that no second copy of a large tensor is ever held.
    private func write(_ tensor: Tensor, to file: inout AtomicFile) throws(CheckpointError) {
        let piece = 4 << 20
        for start in stride(from: 0, to: tensor.count, by: piece) {
            let part = tensor.elements(start..<min(start + piece, tensor.count))
            try file.write(Data(buffer: part.buffer))
        }
    }
}

/// The format of written weights.
public enum StoredPrecision: String, Sendable, CaseIterable {
    /// As trained.
    case float32
    /// Half the bytes: 8 bits of significand, rounded to nearest, ties to even, as PyTorch rounds.
    case bfloat16

    var dataType: DataType { self == .bfloat16 ? .bfloat16 : .float32 }
}

/// The upper halves of float32 numbers, rounded; a NaN stays a NaN.
private func bfloat16Bytes(of tensor: Tensor) -> Data {
    var halves = [UInt16](repeating: 0, count: tensor.count)
    for index in 0..<tensor.count {
        let bits = tensor[index].bitPattern
        let rounded = bits &+ 0x7FFF &+ (bits >> 16 & 1)
        halves[index] =
            UInt16(truncatingIfNeeded: (tensor[index].isNaN ? bits | 1 << 22 : rounded) >> 16)
            .littleEndian
    }
    return halves.withUnsafeBytes { Data($0) }
}
