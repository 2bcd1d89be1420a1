public import Tensors

/// A PyTorch checkpoint, `pytorch_model.bin` or `.pt`, in either container: zip (1.6 and later) or legacy.
///
/// It is read as data: nothing in it is executed, and every offset, length and extent is checked before use.
public final class TorchArchive: TensorSource {
    // A class because it owns the mapping that all its tensors are read from.
    private let file: MappedFile
    private let tensors: [String: TensorReference]
    private let storageStarts: [String: Int]

    /// Opens a file and reads its table of tensors.
    public init(path: String) throws(CheckpointError) {
        let file = try MappedFile(path: path)
        self.file = file
        guard file.count >= 4 else { throw CheckpointError(path, "\(file.count) bytes are no checkpoint") }
        let signature = file.bytes(0..<4)
        if signature == [0x50, 0x4B, 0x03, 0x04] {
            (tensors, storageStarts) = try Self.readZip(file)
        } else if signature[0] == 0x80 {
            (tensors, storageStarts) = try Self.readLegacy(file)
        } else {
            throw CheckpointError(
                path,
                "is neither of PyTorch's containers. Files from before PyTorch 0.1.10 (tar) must be saved anew"
            )
        }
    }

    /// The file.
    public var path: String { file.path }
    /// The names of all tensors, sorted.
    public var names: [String] { tensors.keys.sorted() }

    /// What the pickle says of a tensor.
    public func info(_ name: String) -> TensorInfo? {
        tensors[name].map { TensorInfo(name: name, shape: Shape($0.sizes), dataType: $0.storage.dataType) }
    }

    /// Reads a floating-point tensor as float32, whatever its strides.
    public func read(_ name: String, into target: Tensor) throws(CheckpointError) {
        guard let tensor = tensors[name], let start = storageStarts[tensor.storage.key] else {
            throw CheckpointError(path, "has no tensor \(name)")
        }
        let dataType = tensor.storage.dataType
        guard dataType.isFloatingPoint, tensor.count == target.count else {
            throw CheckpointError(path, "tensor \(name) is \(Shape(tensor.sizes)) of \(dataType.rawValue)")
        }
        let first = start + (tensor.storage.viewOffset + tensor.offset) * dataType.size
        if tensor.isContiguous {
            file.floats(at: first, dataType: dataType, into: target)
        } else {
            let reach = zip(tensor.sizes, tensor.strides).reduce(1) { $0 + max(0, $1.0 - 1) * $1.1 }
            let buffer = FlatBuffer(count: reach)
            file.floats(at: first, dataType: dataType, into: buffer.all)
            gather(buffer.all, tensor, into: target)
        }
    }

    private func gather(_ source: Tensor, _ tensor: TensorReference, into target: Tensor) {
        var index = [Int](repeating: 0, count: tensor.sizes.count)
        for element in 0..<target.count {
            target[element] = source[zip(index, tensor.strides).reduce(0) { $0 + $1.0 * $1.1 }]
            for axis in index.indices.reversed() {
                index[axis] += 1
                if index[axis] < tensor.sizes[axis] { break }
                index[axis] = 0
            }
        }
    }
}

extension TorchArchive {
    private typealias Contents = ([String: TensorReference], [String: Int])

    private static func readZip(_ file: MappedFile) throws(CheckpointError) -> Contents {
        let zip = try ZipDirectory(file)
        guard let pickle = zip.entries.first(where: { $0.key.hasSuffix("/data.pkl") }) else {
            throw CheckpointError(file.path, "is a zip file without data.pkl: not a PyTorch checkpoint")
        }
        let folder = pickle.key.dropLast("data.pkl".count)
        if let order = zip.entries[folder + "byteorder"], file.bytes(order) != Array("little".utf8) {
            throw CheckpointError(
                file.path, "was written on a big-endian machine; save it anew on a little-endian one")
        }
        var interpreter = PickleInterpreter(file: file, range: pickle.value)
        let root = try interpreter.run()
        let tensors = namedTensors(root, interpreter.heap)
        var starts: [String: Int] = [:]
        for (name, tensor) in tensors {
            let storage = tensor.storage
            guard let range = zip.entries[folder + "data/" + storage.key],
                range.count / storage.dataType.size >= storage.viewOffset + storage.elementCount
            else { throw CheckpointError(file.path, "tensor \(name): its storage is missing or cut off") }
            starts[storage.key] = range.lowerBound
        }
        return (tensors, starts)
    }

    /// Legacy: pickles of a magic number, a version, facts of the machine, the object and the storages' keys,
    /// then the storages, each an element count and its elements.
    private static func readLegacy(_ file: MappedFile) throws(CheckpointError) -> Contents {
        var position = 0
        func next() throws(CheckpointError) -> (Int, [PickleObject]) {
            var interpreter = PickleInterpreter(file: file, range: position..<file.count)
            let root = try interpreter.run()
            position = interpreter.position
            return (root, interpreter.heap)
        }
        let (magic, magicHeap) = try next()
        guard magicHeap[magic] == .opaque("long") else {
            throw CheckpointError(file.path, "is a pickle, but not a PyTorch checkpoint")
        }
        _ = try next()
        _ = try next()
        let (root, heap) = try next()
        let tensors = namedTensors(root, heap)
        let (keys, keyHeap) = try next()
        guard case .list(let items) = keyHeap[keys] else {
            throw CheckpointError(file.path, "lacks its list of storages")
        }
        // Storages that no wanted tensor lies in must be passed over, too, so all are looked up.
        var storages: [String: StorageReference] = [:]
        for case .storage(let storage) in heap { storages[storage.key] = storage }
        var starts: [String: Int] = [:]
        for item in items {
            guard case .string(let key) = keyHeap[item], let storage = storages[key] else {
                throw CheckpointError(file.path, "lists a storage that it never mentions")
            }
            guard position + 8 <= file.count,
                let count = Int(exactly: file.integer(Int64.self, at: position)), count >= 0,
                count <= (file.count - position - 8) / storage.dataType.size
            else { throw CheckpointError(file.path, "storage \(key) is cut off") }
            guard count >= storage.viewOffset + storage.elementCount else {
                throw CheckpointError(
                    file.path, "storage \(key) has \(count) elements, fewer than its tensors need")
            }
            starts[key] = position + 8
            position += 8 + count * storage.dataType.size
        }
        for (name, tensor) in tensors where starts[tensor.storage.key] == nil {
            throw CheckpointError(file.path, "tensor \(name): its storage is missing")
        }
        return (tensors, starts)
    }

    /// The tensors of a state dictionary: the root itself, or what it holds as `model` or `state_dict`.
    private static func namedTensors(_ root: Int, _ heap: [PickleObject]) -> [String: TensorReference] {
        guard case .dictionary(let pairs) = heap[root] else { return [:] }
        var tensors: [String: TensorReference] = [:]
        for pair in pairs {
            guard case .string(let name) = heap[pair.key] else { continue }
            switch heap[pair.value] {
            case .tensor(let tensor): tensors[name] = tensor
            case .dictionary where ["model", "state_dict"].contains(name) && pair.value != root:
                tensors.merge(directTensors(pair.value, heap)) { _, inner in inner }
            default: break
            }
        }
        return tensors
    }

    private static func directTensors(_ place: Int, _ heap: [PickleObject]) -> [String: TensorReference] {
        guard case .dictionary(let pairs) = heap[place] else { return [:] }
        var tensors: [String: TensorReference] = [:]
        for pair in pairs {
            if case .string(let name) = heap[pair.key], case .tensor(let tensor) = heap[pair.value] {
                tensors[name] = tensor
            }
        }
        return tensors
    }
}
