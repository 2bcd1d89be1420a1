internal import Foundation
internal import Tensors

/// A file of any size, read where it lies.
///
/// The only place of this module that holds a pointer.
final class MappedFile: Sendable {
    // A class because views of tensors share one mapping, which ends with the last of them.
    let path: String
    private let data: Data

    init(path: String) throws(CheckpointError) {
        self.path = path
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw CheckpointError(path, "no such file")
        }
        guard !isDirectory.boolValue else { throw CheckpointError(path, "is a directory, not a file") }
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        } catch {
            throw CheckpointError(path, "cannot be read: \(error.localizedDescription)")
        }
    }

    var count: Int { data.count }

    /// A copy of a range of bytes, which must lie inside the file.
    func bytes(_ range: Range<Int>) -> [UInt8] {
        [UInt8](data[data.startIndex + range.lowerBound..<data.startIndex + range.upperBound])
    }

    /// A little-endian number at an offset, which must lie inside the file.
    func integer<Value: FixedWidthInteger>(_: Value.Type, at offset: Int) -> Value {
        data.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self)) }
    }

    /// Converts `target.count` numbers from an offset on to float32; they must lie inside the file.
    func floats(at offset: Int, dataType: DataType, into target: Tensor) {
        precondition(
            offset >= 0 && offset + target.count * dataType.size <= count, "\(path): outside the file")
        data.withUnsafeBytes { raw in
            let source = raw.baseAddress.map { $0 + offset }
            guard let source, target.count > 0 else { return }
            switch dataType {
            case .float32:
                UnsafeMutableRawPointer(target.pointer).copyMemory(
                    from: source, byteCount: target.count * 4)
            case .bfloat16:
                for index in 0..<target.count {
                    let bits = source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
                    target[index] = Float(bitPattern: UInt32(bits) << 16)
                }
            case .float16:
                for index in 0..<target.count {
                    target[index] = floatFromHalf(
                        source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
                }
            case .float64:
                for index in 0..<target.count {
                    target[index] = Float(source.loadUnaligned(fromByteOffset: index * 8, as: Double.self))
                }
            default:
                preconditionFailure("\(dataType.rawValue) is not a floating-point type")
            }
        }
    }
}

/// The float32 of an IEEE half: shifted into place, rescaled by 2¹¹², infinities and NaN restored.
func floatFromHalf(_ bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let magnitude = UInt32(bits & 0x7FFF)
    if magnitude >= 0x7C00 { return Float(bitPattern: sign | 0x7F80_0000 | (magnitude & 0x3FF) << 13) }
    let scaled = Float(bitPattern: magnitude << 13) * Float(bitPattern: 0x7780_0000)
    return Float(bitPattern: scaled.bitPattern | sign)
}
