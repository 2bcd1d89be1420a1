public import Tensors

/// What a file says of a tensor.
public struct TensorInfo: Sendable, Equatable {
    /// The tensor's name.
    public let name: String
    /// Its extents.
    public let shape: Shape
    /// The kind of its elements.
    public let dataType: DataType

    /// What a file says of a tensor.
    public init(name: String, shape: Shape, dataType: DataType) {
        self.name = name
        self.shape = shape
        self.dataType = dataType
    }
}

/// Named tensors of a file or of several.
public protocol TensorSource: Sendable {
    /// Where they were read from, for messages.
    var path: String { get }
    /// The names, sorted.
    var names: [String] { get }
    /// What is known of a tensor, or nil if there is none of the name.
    func info(_ name: String) -> TensorInfo?
    /// Reads a floating-point tensor as float32 into `target`, which has as many elements.
    func read(_ name: String, into target: Tensor) throws(CheckpointError)
}
