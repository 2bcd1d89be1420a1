/// An object of a pickle, as needed for checkpoints.
///
/// Objects refer to each other by heap index.
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
    /// A referenced name: never looked up, never called.
    case global(String)
    case storage(StorageReference)
    case tensor(TensorReference)
    /// An object of an unused class, such as an argparse namespace: inert data.
    case instance(PickleInstance)

    struct Pair: Sendable, Equatable {
        let key: Int
        let value: Int
    }

    /// Adds elements to a list in place: building a list one by one must not be quadratic.
    ///
    /// An instance accepts and drops anything; returns false if nothing can be added to the object.
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

/// An object whose class is never looked up: its constructor arguments and attributes.
struct PickleInstance: Sendable, Equatable {
    let className: String
    /// The constructor arguments.
    var arguments: [Int] = []
    /// Its attributes, usually a dictionary.
    var state: Int?
}

/// A block of raw numbers that a pickle refers to.
struct StorageReference: Sendable, Equatable {
    let key: String
    let dataType: DataType
    /// Elements of the whole storage.
    let totalCount: Int
    /// The first element of a view into it, only in the legacy container; else 0.
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

/// The names that a checkpoint may refer to.
enum PickleGlobals {
    /// Storage classes and their element types.
    static let storages: [String: DataType] = [
        "torch.FloatStorage": .float32, "torch.HalfStorage": .float16, "torch.BFloat16Storage": .bfloat16,
        "torch.DoubleStorage": .float64, "torch.LongStorage": .int64, "torch.IntStorage": .int32,
        "torch.ShortStorage": .int16, "torch.CharStorage": .int8, "torch.ByteStorage": .uint8,
        "torch.BoolStorage": .boolean,
    ]

    /// Names with a meaning here.
    static let known: Set<String> = [
        "collections.OrderedDict", "collections.defaultdict", "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_tensor", "torch._utils._rebuild_parameter",
    ]

    /// Names that may occur in a checkpoint, whose objects are kept as inert data.
    static let inert: Set<String> = [
        "torch.Size", "torch.device", "torch.dtype", "torch.storage.TypedStorage",
        "torch.storage.UntypedStorage", "torch.storage._load_from_bytes", "_codecs.encode",
        "argparse.Namespace", "numpy.dtype", "numpy.core.multiarray.scalar",
        "numpy._core.multiarray.scalar", "pathlib.PosixPath", "enum.Enum", "torch.bool", "torch.half",
        "torch.double", "torch.long", "copyreg._reconstructor", "copy_reg._reconstructor",
        // Python's spelling of `Tuple[float, float]`, which occurs among configurations' types.
        "_operator.getitem", "operator.getitem",
    ]

    /// Built-in types, by their names in Python 3 and in Python 2, as written by protocol 2.
    private static let builtinTypes: Set<String> = [
        "set", "frozenset", "dict", "list", "tuple", "int", "long", "str", "unicode", "float", "bool",
        "bytes",
        "bytearray", "complex", "object", "type",
        // omegaconf 2.4's metadata has Python's `...`, a name without a value.
        "Ellipsis", "NotImplemented",
    ]

    /// Packages whose classes occur in the configuration of fairseq's checkpoints.
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
