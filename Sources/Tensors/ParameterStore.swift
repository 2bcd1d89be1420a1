/// All weights of a replica, with their gradients and Adam's two moments, as parallel flat buffers.
public struct ParameterStore: ~Copyable {
    /// Names, shapes and places.
    public let layout: ParameterLayout
    /// The weights.
    public let values: FlatBuffer
    /// The gradients of the present update; backward accumulates into them.
    public let gradients: FlatBuffer
    /// Adam's first moment.
    public let firstMoment: FlatBuffer
    /// Adam's second moment.
    public let secondMoment: FlatBuffer

    /// A store of zeros.
    ///
    /// Without `training` it holds values only.
    public init(layout: ParameterLayout, training: Bool = true) {
        self.init(layout: layout, gradients: FlatBuffer(count: training ? layout.count : 0))
    }

    /// A store of zeros whose gradients lie where ranks can sum them without a copy.
    public init(layout: ParameterLayout, gradients: consuming FlatBuffer) {
        self.layout = layout
        values = FlatBuffer(count: layout.count)
        firstMoment = FlatBuffer(count: gradients.count)
        secondMoment = FlatBuffer(count: gradients.count)
        self.gradients = gradients
    }

    /// The weights and gradients as views that layers read and accumulate into.
    public var views: ParameterViews { ParameterViews(values: values.all, gradients: gradients.all) }
}

/// Views of a store, as layers take them.
public struct ParameterViews: Sendable {
    /// All weights.
    public let values: Tensor
    /// All gradients.
    public let gradients: Tensor

    /// Views of weights and gradients of one layout.
    public init(values: Tensor, gradients: Tensor) {
        self.values = values
        self.gradients = gradients
    }

    /// A parameter's weights, as a matrix with its shape's rows and columns.
    public func value(_ slot: ParameterSlot) -> Tensor {
        values.elements(slot.range).reshaped(rows: slot.shape.rows, columns: slot.shape.columns)
    }

    /// A parameter's gradient, as a matrix with its shape's rows and columns.
    public func gradient(_ slot: ParameterSlot) -> Tensor {
        gradients.elements(slot.range).reshaped(rows: slot.shape.rows, columns: slot.shape.columns)
    }
}
