internal import JSON
public import Tensors

/// A safetensors file, fully validated before any tensor is read: every byte of the buffer belongs to exactly
/// one.
public final class SafetensorsFile: TensorSource {
    // A class because it owns the mapping that all its tensors are read from.
    private let file: MappedFile
    let header: SafetensorsHeader

    /// Opens and validates a file.
    public init(path: String) throws(CheckpointError) {
        file = try MappedFile(path: path)
        header = try SafetensorsHeader(of: file)
    }

    /// The file.
    public var path: String { file.path }
    /// The bytes of the file.
    var byteCount: Int { file.count }
    /// The strings of `__metadata__`.
    public var metadata: [String: String] { header.metadata }
    /// The names of all tensors, sorted.
    public var names: [String] { header.entries.keys.sorted() }
    /// The header's entry for a tensor.
    public func info(_ name: String) -> TensorInfo? { header.entries[name]?.info }

    /// The header with its length, as in the file.
    var headerBytes: [UInt8] { file.bytes(0..<header.end) }
    /// The bytes of a tensor of any kind, which must be one of `names`.
    func rawBytes(_ name: String) -> [UInt8] { header.entries[name].map { file.bytes($0.range) } ?? [] }

    /// Reads a floating-point tensor as float32.
    public func read(_ name: String, into target: Tensor) throws(CheckpointError) {
        let entry = try entry(name, count: target.count)
        guard entry.info.dataType.isFloatingPoint else {
            throw CheckpointError(
                path, "tensor \(name) holds \(entry.info.dataType.rawValue), not floating-point numbers")
        }
        try file.floats(at: entry.range.lowerBound, dataType: entry.info.dataType, into: target)
    }

    /// Reads a floating-point tensor as an array.
    public func floats(_ name: String) throws(CheckpointError) -> [Float] {
        guard let info = info(name) else { throw CheckpointError(path, "has no tensor \(name)") }
        let buffer = FlatBuffer(count: info.shape.count)
        try read(name, into: buffer.all)
        return buffer.all.array()
    }

    /// Reads the bytes of a tensor of 8-bit elements.
    public func bytes(_ name: String) throws(CheckpointError) -> [UInt8] {
        file.bytes(try entry(name, dataType: .uint8).range)
    }

    /// Reads a tensor of 64-bit integers.
    public func integers(_ name: String) throws(CheckpointError) -> [Int] {
        let range = try entry(name, dataType: .int64).range
        return stride(from: range.lowerBound, to: range.upperBound, by: 8).map {
            Int(file.integer(Int64.self, at: $0))
        }
    }

    /// Reads a tensor of doubles.
    public func doubles(_ name: String) throws(CheckpointError) -> [Double] {
        let range = try entry(name, dataType: .float64).range
        return stride(from: range.lowerBound, to: range.upperBound, by: 8).map {
            Double(bitPattern: file.integer(UInt64.self, at: $0))
        }
    }

    private func entry(
        _ name: String, count: Int? = nil, dataType: DataType? = nil
    ) throws(CheckpointError) -> SafetensorsHeader.Entry {
        guard let entry = header.entries[name] else { throw CheckpointError(path, "has no tensor \(name)") }
        if let count, entry.info.shape.count != count {
            throw CheckpointError(path, "tensor \(name) is \(entry.info.shape), not \(count) elements")
        }
        if let dataType, entry.info.dataType != dataType {
            throw CheckpointError(
                path, "tensor \(name) holds \(entry.info.dataType.rawValue), not \(dataType.rawValue)")
        }
        return entry
    }
}
