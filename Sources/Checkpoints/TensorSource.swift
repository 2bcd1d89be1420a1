public import Tensors

/// A file's information about a tensor.
public struct TensorInfo: Sendable, Equatable {
    /// The tensor's name.
    public let name: String
    /// Its shape.
    public let shape: Shape
    /// The kind of its elements.
    public let dataType: DataType

    /// A file's information about a tensor.
    public init(name: String, shape: Shape, dataType: DataType) {
        self.name = name
        self.shape = shape
        self.dataType = dataType
    }
}

/// Named tensors of a file or of several.
public protocol TensorSource: Sendable {
    /// Their origin, for messages.
    var path: String { get }
    /// The names, sorted.
    var names: [String] { get }
    /// A tensor's information, or nil if there is none of that name.
    func info(_ name: String) -> TensorInfo?
    /// Reads a floating-point tensor as float32 into `target`, which has as many elements.
    func read(_ name: String, into target: Tensor) throws(CheckpointError)
}
