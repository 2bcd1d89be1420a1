/// A tensor's memory order in a checkpoint file, compared with here.
public enum FileOrder: Sendable {
    /// The same order.
    case same
    /// Here (out, tap, in); in the file (out, in, tap), as PyTorch stores a convolution.
    case convolution
}

/// How a parameter is initialised.
public enum Initializer: Sendable, Hashable {
    /// All 0.
    case zeros
    /// All 1.
    case ones
    /// Normal with mean 0 and this standard deviation.
    case normal(deviation: Double)
    /// Uniform in an interval.
    case uniform(ClosedRange<Double>)
    /// The norm of each tap of the slot with this index, registered earlier: weight norm then starts as the
    /// identity.
    case tapNorms(of: Int)
}

/// A parameter's place in the flat store.
public struct ParameterSlot: Sendable, Hashable {
    /// The name in a Hugging Face checkpoint.
    public let name: String
    /// The index in the layout, from 0.
    public let index: Int
    /// The first element in the flat store.
    public let offset: Int
    /// The shape in memory.
    public let shape: Shape
    /// Its role in pruning.
    public let role: ParameterRole
    /// Its memory order in files.
    public let fileOrder: FileOrder
    /// How it is initialised without a file.
    public let initializer: Initializer
    /// Whether weight decay applies to it when biases and norms are excluded.
    public let decays: Bool

    /// The elements in the flat store.
    public var range: Range<Int> { offset..<offset + shape.count }

    /// The shape in a checkpoint file.
    public var fileShape: Shape {
        switch fileOrder {
        case .same: shape
        case .convolution: Shape([shape[0], shape[2], shape[1]])
        }
    }
}

/// The names, shapes and offsets of all parameters, registered in forward order.
///
/// Backward runs from the end down, so "gradients final from offset x on" is one number, and freezing
/// everything before a layer is another. Slots start at multiples of 16 floats; the gap between two is never
/// written and stays zero.
public struct ParameterLayout: Sendable {
    /// All slots, in order.
    public private(set) var slots: [ParameterSlot] = []
    /// The number of floats of a flat buffer that holds them.
    public private(set) var count = 0
    private var indexOfName: [String: Int] = [:]

    /// An empty layout.
    public init() {}

    /// Registers the next parameter.
    ///
    /// - Parameter decays: Whether weight decay applies to it; by default, if it is not a vector.
    public mutating func add(
        _ name: String, _ shape: Shape, role: ParameterRole = .kept, fileOrder: FileOrder = .same,
        initializer: Initializer = .zeros, decays: Bool? = nil
    ) -> ParameterSlot {
        precondition(indexOfName[name] == nil, "parameter \(name) is registered twice")
        let slot = ParameterSlot(
            name: name, index: slots.count, offset: count, shape: shape, role: role, fileOrder: fileOrder,
            initializer: initializer, decays: decays ?? (shape.rank > 1))
        indexOfName[name] = slot.index
        slots.append(slot)
        count = (slot.range.upperBound + 15) & ~15
        return slot
    }

    /// The slot of a name, or nil.
    public subscript(name: String) -> ParameterSlot? { indexOfName[name].map { slots[$0] } }

    /// The number of weights, without gaps.
    public var parameterCount: Int { slots.reduce(0) { $0 + $1.shape.count } }

    /// The slots that pruning ranks, in order: together the pool.
    public var prunableSlots: [ParameterSlot] { slots.filter(\.role.isPrunable) }
}
