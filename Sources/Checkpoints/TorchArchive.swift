public import Tensors

/// A PyTorch checkpoint, `pytorch_model.bin` or `.pt`, in either container: zip (1.6 and later) or legacy.
///
/// It is read as data: nothing in it is executed, and every offset, length and extent is checked before use.
public final class TorchArchive: TensorSource {
    // A class because it owns the mapping that all its tensors are read from.
    private let file: MappedFile
    private let tensors: [String: TensorReference]
    private let storageStarts: [String: Int]
    /// Everything else in the file: configurations, dictionaries.
    let values: PickleValues

    /// Opens a file and reads its table of tensors.
    public init(path: String) throws(CheckpointError) {
        let file = try MappedFile(path: path)
        self.file = file
        guard file.count >= 4 else { throw CheckpointError(path, "\(file.count) bytes are not a checkpoint") }
        let signature = file.bytes(0..<4)
        if signature == [0x50, 0x4B, 0x03, 0x04] {
            (tensors, storageStarts, values) = try Self.readZip(file)
        } else if signature[0] == 0x80 {
            (tensors, storageStarts, values) = try Self.readLegacy(file)
        } else {
            throw CheckpointError(
                path,
                "is neither of PyTorch's containers, zip or legacy. Files from before "
                    + "PyTorch 0.1.10 (tar) must be saved again"
            )
        }
    }

    /// The file.
    public var path: String { file.path }
    /// The names of all tensors, sorted.
    public var names: [String] { tensors.keys.sorted() }

    /// The pickle's information about a tensor.
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
        guard tensor.count > 0 else { return }
        let first = start + (tensor.storage.viewOffset + tensor.offset) * dataType.size
        if tensor.isContiguous {
            try file.floats(at: first, dataType: dataType, into: target)
        } else {
            let reach = zip(tensor.sizes, tensor.strides).reduce(1) { $0 + max(0, $1.0 - 1) * $1.1 }
            let buffer = FlatBuffer(count: reach)
            try file.floats(at: first, dataType: dataType, into: buffer.all)
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
    private typealias Contents = ([String: TensorReference], [String: Int], PickleValues)

    private static func readZip(_ file: MappedFile) throws(CheckpointError) -> Contents {
        let zip = try ZipDirectory(file)
        let pickles = zip.entries.filter { $0.key.hasSuffix("/data.pkl") }
        guard let pickle = pickles.first, pickles.count == 1 else {
            throw CheckpointError(
                file.path,
                "is a zip file with \(pickles.count) data.pkl instead of one: not a PyTorch checkpoint")
        }
        let folder = pickle.key.dropLast("data.pkl".count)
        if let order = zip.entries[folder + "byteorder"],
            order.count != 6 || file.bytes(order) != Array("little".utf8)
        {
            throw CheckpointError(
                file.path, "was written on a big-endian machine; save it again on a little-endian one")
        }
        var interpreter = PickleInterpreter(file: file, range: pickle.value)
        let root = try interpreter.run()
        let tensors = try namedTensors(root, interpreter.heap, path: file.path)
        var starts: [String: Int] = [:]
        // By name, so that every rank reports the same fault.
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            let storage = tensor.storage
            let (bytes, overflow) = storage.totalCount.multipliedReportingOverflow(by: storage.dataType.size)
            guard let range = zip.entries[folder + "data/" + storage.key], !overflow, range.count == bytes
            else {
                throw CheckpointError(
                    file.path,
                    "tensor \(name): its storage of \(storage.totalCount) \(storage.dataType.rawValue) "
                        + "is missing or has another size")
            }
            starts[storage.key] = range.lowerBound
        }
        return (tensors, starts, PickleValues(path: file.path, heap: interpreter.heap, root: root))
    }

    /// 0x1950A86A20F9469CFC6C, the magic number of PyTorch's legacy container.
    private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]

    /// Legacy: pickles of a magic number, a version, machine information, the object and the storages' keys,
    /// then the storages, each an element count and its elements.
    private static func readLegacy(_ file: MappedFile) throws(CheckpointError) -> Contents {
        var position = 0
        func next() throws(CheckpointError) -> (root: PickleObject, place: Int, heap: [PickleObject]) {
            var interpreter = PickleInterpreter(file: file, range: position..<file.count)
            let place = try interpreter.run()
            position = interpreter.position
            return (interpreter.heap[place], place, interpreter.heap)
        }
        guard try next().root == .bytes(magic), try next().root == .integer(1001) else {
            throw CheckpointError(file.path, "is a pickle, but not a PyTorch checkpoint")
        }
        let machine = try next()
        if case .dictionary(let facts) = machine.root,
            let order = facts.first(where: { machine.heap[$0.key] == .string("little_endian") }),
            machine.heap[order.value] == .boolean(false)
        {
            throw CheckpointError(
                file.path, "was written on a big-endian machine; save it again on a little-endian one")
        }
        let object = try next()
        let tensors = try namedTensors(object.place, object.heap, path: file.path)
        let keys = try next()
        guard case .list(let items) = keys.root else {
            throw CheckpointError(file.path, "lacks its list of storages")
        }
        let storages = try distinctStorages(object.heap, path: file.path)
        let order = items.map { keys.heap[$0] }
        let starts = try locateStorages(order, storages, from: position, in: file)
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key })
        where starts[tensor.storage.key] == nil {
            throw CheckpointError(file.path, "tensor \(name): its storage is missing")
        }
        return (tensors, starts, PickleValues(path: file.path, heap: object.heap, root: object.place))
    }

    /// The offset of each storage of the legacy container; they are stored consecutively in the order of a
    /// list.
    private static func locateStorages(
        _ order: [PickleObject], _ storages: [String: StorageReference], from start: Int, in file: MappedFile
    ) throws(CheckpointError) -> [String: Int] {
        var starts: [String: Int] = [:]
        var position = start
        for item in order {
            guard case .string(let key) = item, let storage = storages[key] else {
                throw CheckpointError(file.path, "lists a storage that it never mentions")
            }
            guard position <= file.count - 8,
                let count = Int(exactly: file.integer(Int64.self, at: position)), count >= 0,
                count <= (file.count - position - 8) / storage.dataType.size
            else { throw CheckpointError(file.path, "storage \(key) is cut off") }
            guard count == storage.totalCount, starts[key] == nil else {
                throw CheckpointError(
                    file.path,
                    "storage \(key) has \(count) elements, not the \(storage.totalCount) that are stated")
            }
            starts[key] = position + 8
            position += 8 + count * storage.dataType.size
        }
        return starts
    }

    /// The storages that a pickle refers to, by key.
    ///
    /// All are needed, since storages without a wanted tensor must be skipped in the file. All references to
    /// one must agree, or a tensor could reach past what was checked.
    private static func distinctStorages(
        _ heap: [PickleObject], path: String
    ) throws(CheckpointError) -> [String: StorageReference] {
        var storages: [String: StorageReference] = [:]
        for case .storage(let storage) in heap {
            if let known = storages.updateValue(storage, forKey: storage.key),
                known.dataType != storage.dataType || known.totalCount != storage.totalCount
            {
                throw CheckpointError(path, "storage \(storage.key) is stated in two ways")
            }
        }
        return storages
    }

    /// The tensors of a state dictionary: the root itself, or its `model` or `state_dict`.
    private static func namedTensors(
        _ root: Int, _ heap: [PickleObject], path: String
    ) throws(CheckpointError) -> [String: TensorReference] {
        guard case .dictionary(let pairs) = heap[root] else {
            throw CheckpointError(path, "holds no dictionary of tensors; save model.state_dict()")
        }
        var tensors = directTensors(pairs, heap)
        for pair in pairs {
            guard case .string(let name) = heap[pair.key], ["model", "state_dict"].contains(name),
                case .dictionary(let inner) = heap[pair.value]
            else { continue }
            tensors.merge(directTensors(inner, heap)) { _, inner in inner }
        }
        guard !tensors.isEmpty else {
            throw CheckpointError(path, "holds no named tensors; save model.state_dict()")
        }
        return tensors
    }

    private static func directTensors(
        _ pairs: [PickleObject.Pair], _ heap: [PickleObject]
    ) -> [String: TensorReference] {
        var tensors: [String: TensorReference] = [:]
        for pair in pairs {
            if case .string(let name) = heap[pair.key], case .tensor(let tensor) = heap[pair.value] {
                tensors[name] = tensor
            }
        }
        return tensors
    }
}
