internal import Foundation
internal import JSON
public import Tensors

/// A model directory in one file, bit for bit: a safetensors file of compressed parts (docs/sparsity.md).
///
/// Everything that it states is checked against its size before memory is allocated.
public struct ModelPack: TensorSource {
    /// A safetensors file packed tensor by tensor.
    struct Weights: Sendable {
        let header: SafetensorsHeader
        let headerBytes: [UInt8]
        /// Its tensors in file order.
        let tensors: [String]
    }

    /// The metadata keys of a pack.
    static let format = "parp-pack"
    /// The version of the format that this program writes and reads.
    static let version = "2"
    /// The maximum expansion of a pack: a sparsity of 99.9 % reaches a third of it.
    private static let greatestRatio = 1_000

    private let file: SafetensorsFile
    /// The packed weights by the names of their files.
    let weights: [String: Weights]
    private let places: [String: PackEntry]

    /// Whether a file may be a pack: it begins as safetensors files do.
    static func isHeld(by path: String) -> Bool {
        guard let handle = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? handle.close() }
        guard let start = try? handle.read(upToCount: 9) else { return false }
        return start.count == 9 && start.last == UInt8(ascii: "{")
    }

    /// Opens a pack and checks everything that it states.
    public init(path: String) throws(CheckpointError) {
        file = try SafetensorsFile(path: path)
        guard file.metadata["format"] == Self.format else {
            throw CheckpointError(
                path, "is a safetensors file, but no packed model; give its directory")
        }
        guard let version = file.metadata["version"], version == Self.version else {
            throw CheckpointError(
                path,
                "is packed in version \(file.metadata["version"] ?? "none"), and this program reads \(Self.version)"
            )
        }
        var weights: [String: Weights] = [:]
        var stated = 0
        for name in file.names {
            guard let entry = PackEntry(name), file.info(name)?.dataType == .uint8 else {
                throw CheckpointError(path, "contains \(name), which is not part of a packed model")
            }
            switch entry {
            case .file:
                stated += try Self.statedCount(name, of: file, limit: ModelDirectory.maximumFileBytes)
            case .header(let weightsName):
                weights[weightsName] = try Self.weights(weightsName, of: file, stated: &stated)
            case .tensor: break
            }
        }
        guard stated / Self.greatestRatio <= file.byteCount else {
            throw CheckpointError(path, "states \(stated) bytes, more than \(file.byteCount) bytes can hold")
        }
        places = try Self.places(of: weights, in: file)
        self.weights = weights
    }

    private static func statedCount(
        _ name: String, of file: SafetensorsFile, limit: Int
    ) throws(CheckpointError) -> Int {
        guard let count = PackCodec.statedCount(file.rawBytes(name)), count <= limit else {
            throw CheckpointError(file.path, "\(name) is not compressed as it should be, or too large")
        }
        return count
    }

    private static func weights(
        _ name: String, of file: SafetensorsFile, stated: inout Int
    ) throws(CheckpointError) -> Weights {
        let entry = PackEntry.header(name).name
        let count = try statedCount(entry, of: file, limit: SafetensorsHeader.maximumBytes + 8)
        guard let text = file.metadata["bytes/" + name], let byteCount = Int(text), byteCount >= count,
            byteCount / greatestRatio <= file.byteCount
        else { throw CheckpointError(file.path, "does not say how many bytes \(name) has, or too many") }
        guard count / greatestRatio <= file.byteCount,
            let bytes = PackCodec.decompress(file.rawBytes(entry), count: count)
        else { throw CheckpointError(file.path, "\(entry) is broken") }
        let header = try SafetensorsHeader(bytes, byteCount: byteCount, path: "\(file.path): \(name)")
        guard header.end == count else {
            throw CheckpointError(file.path, "\(entry) has \(count) bytes, and says \(header.end)")
        }
        let (sum, overflow) = stated.addingReportingOverflow(byteCount)
        guard !overflow else { throw CheckpointError(file.path, "states more bytes than there are numbers") }
        stated = sum
        return Weights(header: header, headerBytes: bytes, tensors: header.namesByPlace)
    }

    /// The entry of each tensor; there must be exactly these tensors.
    private static func places(
        of weights: [String: Weights], in file: SafetensorsFile
    ) throws(CheckpointError) -> [String: PackEntry] {
        var places: [String: PackEntry] = [:]
        for (name, packed) in weights.sorted(by: { $0.key < $1.key }) {
            for (index, tensor) in packed.tensors.enumerated() {
                let entry = PackEntry.tensor(name, index)
                guard file.info(entry.name) != nil else {
                    throw CheckpointError(file.path, "lacks tensor \(tensor) of \(name)")
                }
                guard places.updateValue(entry, forKey: tensor) == nil else {
                    throw CheckpointError(file.path, "tensor \(tensor) is in two files")
                }
            }
        }
        for name in file.names {
            switch PackEntry(name) {
            case .tensor(let file, let index)?:
                if let count = weights[file]?.tensors.count, index < count { continue }
            case .file?, .header?: continue
            case nil: break
            }
            throw CheckpointError(file.path, "contains \(name), which its headers do not mention")
        }
        return places
    }

    /// The pack.
    public var path: String { file.path }
    /// The names of all tensors, sorted.
    public var names: [String] { places.keys.sorted() }
    /// A header's entry for a tensor.
    public func info(_ name: String) -> TensorInfo? { entry(name)?.info }

    private func entry(_ tensor: String) -> SafetensorsHeader.Entry? {
        guard case .tensor(let file, _)? = places[tensor] else { return nil }
        return weights[file]?.header.entries[tensor]
    }

    /// Reads a floating-point tensor as float32.
    public func read(_ name: String, into target: Tensor) throws(CheckpointError) {
        guard let info = info(name) else { throw CheckpointError(path, "has no tensor \(name)") }
        guard info.shape.count == target.count else {
            throw CheckpointError(path, "tensor \(name) is \(info.shape), not \(target.count) elements")
        }
        guard info.dataType.isFloatingPoint else {
            throw CheckpointError(
                path, "tensor \(name) holds \(info.dataType.rawValue), not floating-point numbers")
        }
        guard info.dataType == .float32 else {
            widenFloats(try bytes(ofTensor: name), dataType: info.dataType, into: target)
            return
        }
        guard PackCodec.decode(frames(name), into: target) else { throw broken(name) }
    }

    /// The bytes of a tensor as in its file.
    func bytes(ofTensor name: String) throws(CheckpointError) -> [UInt8] {
        guard let info = info(name) else { throw CheckpointError(path, "has no tensor \(name)") }
        let size = info.dataType.size
        guard let bytes = PackCodec.decode(frames(name), count: info.shape.count, elementSize: size)
        else { throw broken(name) }
        return bytes
    }

    private func frames(_ tensor: String) -> [UInt8] {
        places[tensor].map { file.rawBytes($0.name) } ?? []
    }

    private func broken(_ tensor: String) -> CheckpointError {
        CheckpointError(path, "tensor \(tensor) is broken: its parts do not match its header")
    }

    /// The names of the files packed as a whole.
    var fileNames: [String] {
        file.names.compactMap { if case .file(let name)? = PackEntry($0) { name } else { nil } }
    }

    /// The content of a file packed as a whole, or nil if there is none of that name.
    func contents(_ name: String) throws(CheckpointError) -> [UInt8]? {
        let entry = PackEntry.file(name).name
        guard file.info(entry) != nil else { return nil }
        let compressed = file.rawBytes(entry)
        guard let count = PackCodec.statedCount(compressed), count <= ModelDirectory.maximumFileBytes,
            let bytes = PackCodec.decompress(compressed, count: count)
        else { throw CheckpointError(path, "\(name) is broken in the pack") }
        return bytes
    }

    /// The content of a small JSON file, or nil if there is none of the name.
    func json(_ name: String) throws(CheckpointError) -> JSONValue? {
        guard let bytes = try contents(name) else { return nil }
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw CheckpointError("\(path): \(name)", "\(error)")
        }
    }
}

/// A part of a pack, by the name of its entry.
enum PackEntry: Hashable {
    /// A file, whole.
    case file(String)
    /// The header of a file of weights.
    case header(String)
    /// A tensor of a weights file, by its index.
    case tensor(String, Int)

    /// The part for a name, if it is one; file names cannot lead elsewhere.
    init?(_ name: String) {
        let parts = name.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).map(
            String.init)
        guard parts.count >= 2, Self.isPlain(parts[1]) else { return nil }
        switch (parts[0], parts.count) {
        case ("file", 2): self = .file(parts[1])
        case ("weights", 3) where parts[2] == "header": self = .header(parts[1])
        case ("weights", 3):
            guard let index = Int(parts[2]), index >= 0, String(index) == parts[2] else { return nil }
            self = .tensor(parts[1], index)
        default: return nil
        }
    }

    /// The name of its entry.
    var name: String {
        switch self {
        case .file(let name): "file/\(name)"
        case .header(let file): "weights/\(file)/header"
        case .tensor(let file, let index): "weights/\(file)/\(index)"
        }
    }

    /// Whether a name is a plain, visible file name.
    static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 255 && !name.hasPrefix(".") && !name.contains("/")
            && !name.utf8.contains(0)
    }
}
