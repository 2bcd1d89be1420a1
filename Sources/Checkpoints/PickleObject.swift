/// An object of a pickle, as far as checkpoints need it.
///
/// Objects refer to each other by their place in the heap.
enum PickleObject: Sendable, Equatable {
    case none
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    /// Bytes, or a number too long for 64 bits, little-endian.
    case bytes([UInt8])
    case tuple([Int])
    case list([Int])
    case dictionary([Pair])
    /// A name that was mentioned: never looked up, never called.
    case global(String)
    case storage(StorageReference)
    case tensor(TensorReference)
    /// An object of a class that means nothing here, such as an argparse namespace: inert data.
    case instance(PickleInstance)

    struct Pair: Sendable, Equatable {
        let key: Int
        let value: Int
    }

    /// Adds elements to a list, in place: a list built one by one must not cost its square.
    ///
    /// An instance takes anything, and drops it; false says that nothing can be added to the object.
    mutating func append(_ items: [Int]) -> Bool {
        if case .instance = self { return true }
        guard case .list(var elements) = self else { return false }
        self = .none
        elements += items
        self = .list(elements)
        return true
    }

    /// Adds items to a dictionary, as above.
    mutating func append(_ items: [Pair]) -> Bool {
        if case .instance = self { return true }
        guard case .dictionary(var pairs) = self else { return false }
        self = .none
        pairs += items
        self = .dictionary(pairs)
        return true
    }
}

/// What a pickle says of an object whose class is never looked up: what it was made from, and its attributes.
struct PickleInstance: Sendable, Equatable {
    let className: String
    /// What its class would have been called with.
    var arguments: [Int] = []
    /// Its attributes, usually a dictionary.
    var state: Int?
}

/// A piece of raw numbers that a pickle points to.
struct StorageReference: Sendable, Equatable {
    let key: String
    let dataType: DataType
    /// Elements of the whole storage.
    let totalCount: Int
    /// The first element of a view into it, as only the legacy container has them; else 0.
    let viewOffset: Int
    /// Elements of the view.
    let elementCount: Int
}

/// A tensor as a view of a storage.
struct TensorReference: Sendable, Equatable {
    let storage: StorageReference
    let offset: Int
    let sizes: [Int]
    let strides: [Int]

    /// The number of elements.
    var count: Int { sizes.contains(0) ? 0 : sizes.reduce(1, *) }

    /// Whether elements lie one after another in row-major order.
    var isContiguous: Bool {
        guard count > 0 else { return true }
        var expected = 1
        for (size, stride) in zip(sizes, strides).reversed() {
            if size != 1 && stride != expected { return false }
            expected *= size
        }
        return true
    }
}

/// The names a checkpoint may mention.
enum PickleGlobals {
    /// Storage classes and what their elements are.
    static let storages: [String: DataType] = [
        "torch.FloatStorage": .float32, "torch.HalfStorage": .float16, "torch.BFloat16Storage": .bfloat16,
        "torch.DoubleStorage": .float64, "torch.LongStorage": .int64, "torch.IntStorage": .int32,
        "torch.ShortStorage": .int16, "torch.CharStorage": .int8, "torch.ByteStorage": .uint8,
        "torch.BoolStorage": .boolean,
    ]

    /// Names that mean something here.
    static let known: Set<String> = [
        "collections.OrderedDict", "collections.defaultdict", "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_tensor", "torch._utils._rebuild_parameter",
    ]

    /// Names that may stand in a checkpoint, whose objects are kept as inert data.
    static let inert: Set<String> = [
        "torch.Size", "torch.device", "torch.dtype", "torch.storage.TypedStorage",
        "torch.storage.UntypedStorage", "torch.storage._load_from_bytes", "_codecs.encode",
        "argparse.Namespace", "numpy.dtype", "numpy.core.multiarray.scalar",
        "numpy._core.multiarray.scalar", "pathlib.PosixPath", "enum.Enum", "torch.bool", "torch.half",
        "torch.double", "torch.long", "copyreg._reconstructor", "copy_reg._reconstructor",
        // How Python spells `Tuple[float, float]`, which configurations keep among their types.
        "_operator.getitem", "operator.getitem",
    ]

    /// Built-in types, by the names of Python 3 and of Python 2, which protocol 2 writes.
    private static let builtinTypes: Set<String> = [
        "set", "frozenset", "dict", "list", "tuple", "int", "long", "str", "unicode", "float", "bool",
        "bytes",
        "bytearray", "complex", "object", "type",
        // omegaconf 2.4's metadata has Python's `...`, a name without anything behind it.
        "Ellipsis", "NotImplemented",
    ]

    /// Packages whose classes fairseq's checkpoints mention in their configuration.
    private static let inertPrefixes = [
        "omegaconf.", "fairseq.", "typing.", "torch.float", "torch.int", "torch.bfloat", "torch.uint",
    ]

    static func isAllowed(module: String, name: String) -> Bool {
        let full = "\(module).\(name)"
        return known.contains(full) || storages[full] != nil || inert.contains(full)
            || (["builtins", "__builtin__"].contains(module) && builtinTypes.contains(name))
            || inertPrefixes.contains { full.hasPrefix($0) }
    }
}
