/// The kept weights of a matrix, for sparse products: a view with values owned by an `Arena`.
///
/// Columns are divided into blocks, and within a block kept weights are stored row by row (Elsen et al.,
/// 2020): while a block is multiplied, its part of the activations stays in the L1 cache.
public struct SparseMatrix: Sendable {
    /// The number of rows.
    public let rows: Int
    /// The number of columns, over which products sum.
    public let columns: Int
    /// Whether it is the transpose of the original weight.
    public let isTransposed: Bool
    /// For each block and each of its rows, the index of the first kept value; then the number of all.
    public let starts: [Int32]
    /// For each kept value, its column within the block.
    public let places: [UInt8]
    /// The kept values, as one row.
    public let values: Tensor

    /// A view of kept values.
    public init(
        rows: Int, columns: Int, isTransposed: Bool, starts: [Int32], places: [UInt8], values: Tensor
    ) {
        precondition(places.count == values.count, "\(places.count) places of \(values.count) values")
        self.rows = rows
        self.columns = columns
        self.isTransposed = isTransposed
        self.starts = starts
        self.places = places
        self.values = values
    }

    /// The same places with other values: those of a gradient.
    public func withValues(_ values: Tensor) -> SparseMatrix {
        SparseMatrix(
            rows: rows, columns: columns, isTransposed: isTransposed, starts: starts, places: places,
            values: values)
    }
}

/// A linear layer's weight W of (outputs, inputs) for sparse products.
public struct SparseWeight: Sendable {
    /// W, for y = x Wᵀ.
    public let forward: SparseMatrix
    /// What backward needs; nil without training.
    public let backward: Backward?

    /// What backward needs of a weight.
    public struct Backward: Sendable {
        /// Wᵀ, for dx = dy W.
        public let transposed: SparseMatrix
        /// dW at the kept places of W: scratch, from which the dense gradient is added to.
        public let gradient: SparseMatrix

        /// The transpose, and memory for a gradient.
        public init(transposed: SparseMatrix, gradient: SparseMatrix) {
            self.transposed = transposed
            self.gradient = gradient
        }
    }

    /// A weight for inference, or with `backward` for training.
    public init(forward: SparseMatrix, backward: Backward?) {
        self.forward = forward
        self.backward = backward
    }
}

/// Which of a sparse weight's gradients an update needs.
public enum SparseGradients: String, Sendable, Codable {
    /// Those of kept weights: pruned ones stay 0.
    case kept
    /// All, from a dense product: a mask that still moves is selected by them, or by what they change.
    case all
}

/// How a linear layer multiplies.
public enum LinearPath: Sendable {
    /// Every weight, zeros too.
    case dense
    /// Only the kept weights.
    case sparse(SparseWeight)
}
