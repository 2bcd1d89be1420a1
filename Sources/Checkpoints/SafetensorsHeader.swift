internal import JSON
internal import Tensors

/// The header of a safetensors file: the range of each tensor, with every byte in exactly one.
struct SafetensorsHeader: Sendable {
    /// A tensor and its bytes in the file.
    struct Entry: Sendable {
        let info: TensorInfo
        let range: Range<Int>
    }

    /// The tensors by name.
    let entries: [String: Entry]
    /// The strings of `__metadata__`.
    let metadata: [String: String]
    /// The offset of the tensors.
    let end: Int

    /// The tensors' names in file order.
    var namesByPlace: [String] {
        entries.sorted {
            ($0.value.range.lowerBound, $0.value.range.upperBound, $0.key)
                < ($1.value.range.lowerBound, $1.value.range.upperBound, $1.key)
        }.map(\.key)
    }

    /// The largest header that the reference implementation accepts.
    static let maximumBytes = 100_000_000

    /// Reads and validates the header of a file.
    init(of file: MappedFile) throws(CheckpointError) {
        try self.init(
            file.bytes(0..<min(file.count, 8)), byteCount: file.count, path: file.path,
            text: file.bytes(_:))
    }

    /// Reads and validates a separate header of a file with this many bytes.
    init(_ bytes: [UInt8], byteCount: Int, path: String) throws(CheckpointError) {
        try self.init(
            Array(bytes.prefix(8)), byteCount: byteCount, path: path,
            text: { Array(bytes[min($0.lowerBound, bytes.count)..<min($0.upperBound, bytes.count)]) })
    }

    private init(
        _ length: [UInt8], byteCount: Int, path: String, text: (Range<Int>) -> [UInt8]
    ) throws(CheckpointError) {
        let header = try Self.members(length, byteCount: byteCount, path: path, text: text)
        var entries: [String: Entry] = [:]
        var metadata: [String: String] = [:]
        for member in header.value {
            if member.key == "__metadata__" {
                metadata = try Self.metadata(member.value, path: path)
            } else {
                entries[member.key] = try Self.entry(member, bufferStart: header.end, path: path)
            }
        }
        try Self.checkTiling(entries, from: header.end, to: byteCount, path: path)
        self.entries = entries
        self.metadata = metadata
        end = header.end
    }

    private static func members(
        _ lengthBytes: [UInt8], byteCount: Int, path: String, text: (Range<Int>) -> [UInt8]
    ) throws(CheckpointError) -> (value: [JSONValue.Member], end: Int) {
        func fault(_ sentence: String) -> CheckpointError {
            CheckpointError(path, "\(sentence); not a safetensors file, or cut off")
        }
        guard lengthBytes.count == 8 else { throw fault("\(byteCount) bytes are too few for a header") }
        let length = lengthBytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(maximumBytes) else {
            throw fault("a header of \(length) bytes is over the limit of \(maximumBytes)")
        }
        let end = 8 + Int(length)
        guard end <= byteCount else {
            throw fault(
                "the header of \(length) bytes reaches past the end of the file (\(byteCount) bytes)")
        }
        let json = text(8..<end)
        guard json.first == UInt8(ascii: "{") else {
            throw fault("the header does not start with '{'")
        }
        do {
            guard let members = try JSONValue(parsing: json).members else {
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

    /// Every byte of the buffer belongs to exactly one tensor, so nothing can hide between or after them.
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
                let relation =
                    entry.range.lowerBound < position ? "overlaps the previous one" : "leaves a hole"
                throw CheckpointError(path, "tensor \(entry.info.name) \(relation)")
            }
            position = entry.range.upperBound
        }
        guard position == end else {
            let relation =
                position > end ? "the file is cut off: it" : "bytes after the last tensor: the file"
            throw CheckpointError(
                path, "\(relation) has \(end - start) bytes of tensors, its header says \(position - start)")
        }
    }
}
