internal import CFiles
internal import Files
internal import Foundation
internal import Tensors

#if canImport(Glibc)
    internal import Glibc
#endif

/// A memory-mapped file of any size.
///
/// The only place of this module that reads raw memory.
final class MappedFile: Sendable {
    // A class because views of tensors share one mapping, which ends with the last of them.
    let path: String
    private let data: Data
    /// The same file, for reads without the mapping.
    private let descriptor: Int32

    init(path: String) throws(CheckpointError) {
        self.path = path
        // A pipe or a device has no end to map, and reading one would wait or never stop.
        _ = try regularFileSize(path)
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        } catch {
            throw CheckpointError(path, "cannot be read: \(reason(error))")
        }
        if let fault = strangerFault(start: [UInt8](data.prefix(64))) { throw CheckpointError(path, fault) }
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CheckpointError(path, "cannot be read: \(systemReason())") }
    }

    deinit { close(descriptor) }

    var count: Int { data.count }

    /// A copy of a range of bytes, which must lie inside the file.
    func bytes(_ range: Range<Int>) -> [UInt8] {
        [UInt8](data[data.startIndex + range.lowerBound..<data.startIndex + range.upperBound])
    }

    /// A little-endian number at an offset, which must lie inside the file.
    func integer<Value: FixedWidthInteger>(_: Value.Type, at offset: Int) -> Value {
        precondition(offset >= 0 && offset <= count - Value.bitWidth / 8, "\(path): outside the file")
        return data.withUnsafeBytes {
            Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self))
        }
    }

    /// Converts `target.count` numbers from an offset on to float32; they must lie inside the file.
    func floats(at offset: Int, dataType: DataType, into target: Tensor) throws(CheckpointError) {
        precondition(
            offset >= 0 && offset + target.count * dataType.size <= count, "\(path): outside the file")
        guard target.count > 0 else { return }
        if dataType == .float32 {
            let bytes = Int64(target.count * dataType.size)
            guard parp_read_at(descriptor, Int64(offset), target.pointer, bytes) == bytes else {
                throw CheckpointError(path, "cannot be read, or became shorter: \(systemReason())")
            }
            return
        }
        widenFloats(data, from: offset, dataType: dataType, into: target)
    }
}

/// Converts `target.count` numbers from an offset on to float32; they must lie inside the bytes.
func widenFloats(
    _ bytes: some ContiguousBytes, from offset: Int = 0, dataType: DataType, into target: Tensor
) {
    bytes.withUnsafeBytes { source in
        for index in 0..<target.count {
            let place = offset + index * dataType.size
            switch dataType {
            case .bfloat16:
                let bits = source.loadUnaligned(fromByteOffset: place, as: UInt16.self)
                target[index] = Float(bitPattern: UInt32(bits) << 16)
            case .float16:
                target[index] = floatFromHalf(
                    source.loadUnaligned(fromByteOffset: place, as: UInt16.self))
            case .float64:
                target[index] = Float(source.loadUnaligned(fromByteOffset: place, as: Double.self))
            default:
                preconditionFailure("\(dataType.rawValue) is not a floating-point type")
            }
        }
    }
}

/// The size of an existing regular file, following symbolic links, as in Hugging Face's cache.
func regularFileSize(_ path: String) throws(CheckpointError) -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else {
        throw CheckpointError(path, errno == ENOENT ? "no such file" : "cannot be read: \(systemReason())")
    }
    guard status.st_mode & S_IFMT != S_IFDIR else {
        throw CheckpointError(path, "is a directory, not a file")
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw CheckpointError(path, "is not a regular file") }
    return Int(status.st_size)
}

/// The float32 of an IEEE half: shifted into place, rescaled by 2¹¹², infinities and NaN restored.
func floatFromHalf(_ bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let magnitude = UInt32(bits & 0x7FFF)
    if magnitude >= 0x7C00 { return Float(bitPattern: sign | 0x7F80_0000 | (magnitude & 0x3FF) << 13) }
    let scaled = Float(bitPattern: magnitude << 13) * Float(bitPattern: 0x7780_0000)
    return Float(bitPattern: scaled.bitPattern | sign)
}
