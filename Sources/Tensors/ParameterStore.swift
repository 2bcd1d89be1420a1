/// All weights of a replica, with their gradients and Adam's two moments, as parallel flat buffers.
public struct ParameterStore: ~Copyable {
    /// Names, shapes and places.
    public let layout: ParameterLayout
    /// The weights.
    public let values: FlatBuffer
    /// The gradients of the present update; backward accumulates into them.
    public let gradients: FlatBuffer
    /// Adam's moments.
    public var moments: Moments
    /// The weights once more, as bfloat16 products take them: two elements in the place of a float.
    ///
    /// Empty in float32.
    private let shadowBuffer: FlatBuffer
    /// What matrix products multiply.
    public let precision: GEMMPrecision

    /// A store of zeros.
    ///
    /// Without `training` it holds no gradients and moments.
    public init(layout: ParameterLayout, training: Bool = true, precision: GEMMPrecision = .float32) {
        self.init(
            layout: layout, gradients: FlatBuffer(count: training ? layout.count : 0), precision: precision)
    }

    /// A store of zeros whose gradients lie where ranks can sum them without a copy.
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

    /// The weights as bfloat16 products take them, one row; nil in float32.
    ///
    /// Whoever changes `values` brings them up to date.
    public var shadow: Matrix? {
        guard precision == .bfloat16 else { return nil }
        return Matrix(shadowBuffer.all.pointer, rows: 1, columns: layout.count, precision: .bfloat16)
    }

    /// A range of the weights as bfloat16 products take them; nil in float32.
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
    /// The views for products in float32, whatever training multiplies: evaluation says what any other program
    /// would say of these weights.
    public var float32Views: ParameterViews {
        ParameterViews(values: values.all, gradients: gradients.all)
    }
}

/// Views of a store, as layers take them.
public struct ParameterViews: Sendable {
    /// All weights.
    public let values: Tensor
    /// All gradients.
    public let gradients: Tensor
    /// All weights in bfloat16, if products are in bfloat16.
    public let shadow: Matrix?
    /// The weights, by the index of their slot, that are multiplied by sparse products; all others by dense ones.
    public var sparseWeights: [Int: SparseWeight] = [:]

    /// Views of weights and gradients of one layout.
    public init(values: Tensor, gradients: Tensor, shadow: Matrix? = nil) {
        self.values = values
        self.gradients = gradients
        self.shadow = shadow
    }

    /// What matrix products multiply.
    public var precision: GEMMPrecision { shadow == nil ? .float32 : .bfloat16 }

    /// A parameter's weights, as a matrix with its shape's rows and columns.
    public func value(_ slot: ParameterSlot) -> Tensor {
        values.elements(slot.range).reshaped(rows: slot.shape.rows, columns: slot.shape.columns)
    }

    /// A parameter's weights as a product takes them that multiplies numbers of a precision.
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
