/// How a tensor lies in a checkpoint file, compared to here.
public enum FileOrder: Sendable {
    /// The same order.
    case same
    /// Here (out, tap, in); in the file (out, in, tap), as PyTorch stores a convolution.
    case convolution
}

/// How a fresh parameter is drawn.
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
    /// The place in the layout, counted from 0.
    public let index: Int
    /// The first element in the flat store.
    public let offset: Int
    /// The extents here, in memory.
    public let shape: Shape
    /// What it is to pruning.
    public let role: ParameterRole
    /// How it lies in a file.
    public let fileOrder: FileOrder
    /// How it is drawn when there is no file.
    public let initializer: Initializer
    /// Whether weight decay takes from it where biases and norms are spared.
    public let decays: Bool

    /// The elements in the flat store.
    public var range: Range<Int> { offset..<offset + shape.count }

    /// The extents in a checkpoint file.
    public var fileShape: Shape {
        switch fileOrder {
        case .same: shape
        case .convolution: Shape([shape[0], shape[2], shape[1]])
        }
    }
}

/// The names, shapes and places of all parameters, registered in the order of the forward pass.
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

    /// A layout with nothing in it.
    public init() {}

    /// Registers the next parameter.
    ///
    /// - Parameter decays: Whether weight decay takes from it; by default, if it is no vector.
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

    /// The number of weights, gaps not counted.
    public var parameterCount: Int { slots.reduce(0) { $0 + $1.shape.count } }

    /// The slots that pruning ranks, in order: together the pool.
    public var prunableSlots: [ParameterSlot] { slots.filter(\.role.isPrunable) }
}
