internal import JSON
public import Tensors

/// A safetensors file, validated whole before any tensor is read: every byte of the buffer belongs to exactly
/// one.
public final class SafetensorsFile: TensorSource {
    // A class because it owns the mapping that all its tensors are read from.
    private let file: MappedFile
    private let entries: [String: Entry]
    /// The strings of `__metadata__`.
    public let metadata: [String: String]

    private struct Entry: Sendable {
        let info: TensorInfo
        let range: Range<Int>
    }

    /// The largest header that the reference implementation accepts.
    static let maximumHeaderBytes = 100_000_000

    /// Opens and validates a file.
    public init(path: String) throws(CheckpointError) {
        let file = try MappedFile(path: path)
        self.file = file
        let header = try Self.header(of: file)
        var entries: [String: Entry] = [:]
        var metadata: [String: String] = [:]
        for member in header.value {
            if member.key == "__metadata__" {
                metadata = try Self.metadata(member.value, path: path)
            } else {
                entries[member.key] = try Self.entry(member, bufferStart: header.end, path: path)
            }
        }
        try Self.checkTiling(entries, from: header.end, to: file.count, path: path)
        self.entries = entries
        self.metadata = metadata
    }

    /// The file.
    public var path: String { file.path }
    /// The names of all tensors, sorted.
    public var names: [String] { entries.keys.sorted() }
    /// What the header says of a tensor.
    public func info(_ name: String) -> TensorInfo? { entries[name]?.info }

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
    ) throws(CheckpointError) -> Entry {
        guard let entry = entries[name] else { throw CheckpointError(path, "has no tensor \(name)") }
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

extension SafetensorsFile {
    private static func header(
        of file: MappedFile
    ) throws(CheckpointError) -> (value: [JSONValue.Member], end: Int) {
        func fault(_ sentence: String) -> CheckpointError {
            CheckpointError(file.path, "\(sentence); not a safetensors file, or cut off")
        }
        guard file.count >= 8 else { throw fault("\(file.count) bytes are too few for a header") }
        let length = file.integer(UInt64.self, at: 0)
        guard length <= UInt64(maximumHeaderBytes) else {
            throw fault("a header of \(length) bytes is over the limit of \(maximumHeaderBytes)")
        }
        let end = 8 + Int(length)
        guard end <= file.count else {
            throw fault(
                "the header of \(length) bytes reaches past the end of the file (\(file.count) bytes)")
        }
        guard length >= 2, file.bytes(8..<9) == [UInt8(ascii: "{")] else {
            throw fault("the header does not start with '{'")
        }
        do {
            guard let members = try JSONValue(parsing: file.bytes(8..<end)).members else {
                throw fault("the header is not an object")
            }
            return (members, end)
        } catch let error as JSONError {
            throw fault("the header is broken (\(error))")
        } catch {
            throw fault("the header is broken")
        }
    }

    private static func metadata(
        _ value: JSONValue, path: String
    ) throws(CheckpointError) -> [String: String] {
        guard value != .null else { return [:] }
        guard let members = value.members else {
            throw CheckpointError(path, "__metadata__ is not an object of strings")
        }
        var result: [String: String] = [:]
        for member in members {
            guard let string = member.value.string else {
                throw CheckpointError(
                    path, "__metadata__ holds something that is not a string (\(member.key))")
            }
            result[member.key] = string
        }
        return result
    }

    private static func entry(
        _ member: JSONValue.Member, bufferStart: Int, path: String
    ) throws(CheckpointError) -> Entry {
        let name = member.key
        guard let typeName = member.value["dtype"]?.string, let dataType = DataType(rawValue: typeName) else {
            let found = member.value["dtype"]?.line ?? "none"
            throw CheckpointError(path, "tensor \(name): dtype \(found) is not known")
        }
        guard let extents = member.value["shape"]?.elements?.map(\.integer),
            let offsets = member.value["data_offsets"]?.elements?.map(\.integer), offsets.count == 2,
            let begin = offsets[0], let end = offsets[1]
        else { throw CheckpointError(path, "tensor \(name): shape or data_offsets are not whole numbers") }
        var bytes = dataType.size
        var dimensions: [Int] = []
        for extent in extents {
            guard let extent, extent >= 0 else {
                throw CheckpointError(path, "tensor \(name): a negative or missing extent in its shape")
            }
            let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw CheckpointError(path, "tensor \(name): its shape overflows") }
            bytes = product
            dimensions.append(extent)
        }
        guard begin >= 0, end >= begin, end - begin == bytes else {
            throw CheckpointError(
                path,
                "tensor \(name): data_offsets [\(begin), \(end)] do not hold \(bytes) bytes of its shape")
        }
        let (upper, overflow) = end.addingReportingOverflow(bufferStart)
        guard !overflow else { throw CheckpointError(path, "tensor \(name): its offsets overflow") }
        let info = TensorInfo(name: name, shape: Shape(dimensions), dataType: dataType)
        return Entry(info: info, range: begin + bufferStart..<upper)
    }

    /// Every byte of the buffer belongs to exactly one tensor, so nothing can hide between or behind them.
    private static func checkTiling(
        _ entries: [String: Entry], from start: Int, to end: Int, path: String
    ) throws(CheckpointError) {
        var position = start
        let ordered = entries.values.sorted {
            ($0.range.lowerBound, $0.range.upperBound, $0.info.name)
                < ($1.range.lowerBound, $1.range.upperBound, $1.info.name)
        }
        for entry in ordered {
            guard entry.range.lowerBound == position else {
                let relation = entry.range.lowerBound < position ? "overlaps the one before" : "leaves a hole"
                throw CheckpointError(path, "tensor \(entry.info.name) \(relation)")
            }
            position = entry.range.upperBound
        }
        guard position == end else {
            let relation =
                position > end ? "the file is cut off: it" : "bytes behind the last tensor: the file"
            throw CheckpointError(
                path, "\(relation) has \(end - start) bytes of tensors, its header says \(position - start)")
        }
    }
}
