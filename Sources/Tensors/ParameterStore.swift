/// All weights of a replica, with their gradients and Adam's two moments, as parallel flat buffers.
public struct ParameterStore: ~Copyable {
    /// Names, shapes and offsets.
    public let layout: ParameterLayout
    /// The weights.
    public let values: FlatBuffer
    /// The gradients of the current update; backward accumulates into them.
    public let gradients: FlatBuffer
    /// Adam's moments.
    public var moments: Moments
    /// A copy of the weights for bfloat16 products: two elements in the space of a float.
    ///
    /// Empty in float32.
    private let shadowBuffer: FlatBuffer
    /// The precision of matrix products.
    public let precision: GEMMPrecision

    /// A store of zeros.
    ///
    /// Without `training` it holds no gradients and moments.
    public init(layout: ParameterLayout, training: Bool = true, precision: GEMMPrecision = .float32) {
        self.init(
            layout: layout, gradients: FlatBuffer(count: training ? layout.count : 0), precision: precision)
    }

    /// A store of zeros with gradients in memory where ranks can sum them without a copy.
    public init(
        layout: ParameterLayout, gradients: consuming FlatBuffer, precision: GEMMPrecision = .float32
    ) {
        self.layout = layout
        self.precision = precision
        values = FlatBuffer(count: layout.count)
        moments = Moments(count: gradients.count)
        self.gradients = gradients
        shadowBuffer = FlatBuffer(count: precision == .bfloat16 ? (layout.count + 1) / 2 : 0)
    }

    /// The weights for bfloat16 products, as one row; nil in float32.
    ///
    /// Code that changes `values` must update them.
    public var shadow: Matrix? {
        guard precision == .bfloat16 else { return nil }
        return Matrix(shadowBuffer.all.pointer, rows: 1, columns: layout.count, precision: .bfloat16)
    }

    /// A range of the weights for bfloat16 products; nil in float32.
    public func shadow(_ range: Range<Int>) -> Matrix? {
        shadow.map {
            Matrix($0.address(range.lowerBound), rows: 1, columns: range.count, precision: .bfloat16)
        }
    }

    /// The weights and gradients as views that layers read and accumulate into.
    public var views: ParameterViews {
        ParameterViews(values: values.all, gradients: gradients.all, shadow: shadow)
    }
}

extension ParameterStore {
    /// The views for products in float32, whatever training's precision: evaluation gives what any other
    /// program would.
    public var float32Views: ParameterViews {
        ParameterViews(values: values.all, gradients: gradients.all)
    }
}

/// Views of a store for layers.
public struct ParameterViews: Sendable {
    /// All weights.
    public let values: Tensor
    /// All gradients.
    public let gradients: Tensor
    /// All weights in bfloat16, if products are in bfloat16.
    public let shadow: Matrix?
    /// The weights with sparse products, by slot index; all others are dense.
    public var sparseWeights: [Int: SparseWeight] = [:]
    /// Which of their gradients are needed.
    public var sparseGradients = SparseGradients.kept

    /// Views of weights and gradients of one layout.
    public init(values: Tensor, gradients: Tensor, shadow: Matrix? = nil) {
        self.values = values
        self.gradients = gradients
        self.shadow = shadow
    }

    /// The precision of matrix products.
    public var precision: GEMMPrecision { shadow == nil ? .float32 : .bfloat16 }

    /// A parameter's weights, as a matrix with its shape's rows and columns.
    public func value(_ slot: ParameterSlot) -> Tensor {
        values.elements(slot.range).reshaped(rows: slot.shape.rows, columns: slot.shape.columns)
    }

    /// A parameter's weights for a product of a precision.
    public func matrix(_ slot: ParameterSlot, as precision: GEMMPrecision) -> Matrix {
        guard precision == .bfloat16, let shadow else { return Matrix(value(slot)) }
        return Matrix(
            shadow.address(slot.offset), rows: slot.shape.rows, columns: slot.shape.columns,
            precision: .bfloat16)
    }

    /// How the products of a weight with activations of a precision are computed.
    public func path(_ slot: ParameterSlot, as precision: GEMMPrecision) -> LinearPath {
        guard precision == .float32, let weight = sparseWeights[slot.index] else { return .dense }
        return .sparse(weight)
    }

    /// A parameter's gradient, as a matrix with its shape's rows and columns.
    public func gradient(_ slot: ParameterSlot) -> Tensor {
        gradients.elements(slot.range).reshaped(rows: slot.shape.rows, columns: slot.shape.columns)
    }
}
