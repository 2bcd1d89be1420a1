internal import Kernels
public import Tensors

/// The dropout probabilities of a fine-tuning run; all zero in evaluation.
public struct Regularization: Sendable, Hashable {
    /// Probability that a whole Transformer layer is skipped in an update.
    public var layerDrop: Float = 0
    /// After the projected features.
    public var featureDropout: Float = 0
    /// After attention, after the feed-forward output, and after the positional embedding.
    public var hiddenDropout: Float = 0
    /// On attention probabilities.
    public var attentionDropout: Float = 0
    /// After the feed-forward activation.
    public var activationDropout: Float = 0
    /// Before the head.
    public var finalDropout: Float = 0

    /// No dropout at all.
    public init() {}
}

/// The randomness of one training pass: the keys of its random numbers, and the rates.
public struct Noise: Sendable {
    /// The run's seed.
    public let seed: UInt64
    /// The update, counted from 0.
    public let step: Int
    /// One identity per utterance, the same on any rank and in any batch.
    public let identities: [UInt64]
    /// Dropout probabilities.
    public let regularization: Regularization

    /// The randomness of update `step` for these utterances.
    public init(seed: UInt64, step: Int, identities: [UInt64], regularization: Regularization) {
        self.seed = seed
        self.step = step
        self.identities = identities
        self.regularization = regularization
    }

    /// The same for some of the utterances.
    func of(_ utterances: [Int]) -> Noise {
        Noise(
            seed: seed, step: step, identities: utterances.map { identities[$0] },
            regularization: regularization)
    }

    /// The key of each utterance's numbers for one purpose in one layer.
    func keys(_ stream: RandomStream, layer: Int) -> [UInt64] {
        identities.map {
            CountedRandom(seed: seed, stream: stream, step: step, item: $0, layer: layer).key
        }
    }

    /// Whether a layer is skipped in this update, on all ranks and for all utterances.
    func skipsLayer(_ layer: Int) -> Bool {
        guard regularization.layerDrop > 0 else { return false }
        let random = CountedRandom(seed: seed, stream: .layerDrop, step: step, layer: layer)
        return random.uniform(at: 0) < Double(regularization.layerDrop)
    }
}

/// What a forward pass keeps of the Transformer for backward.
public enum KeptActivations: Sendable, Hashable {
    /// The input of each block; the rest is recomputed, which costs a third more time and saves most of the
    /// memory.
    case blockInputs
    /// Everything that backward reads.
    case all
}

/// What all layers of one forward and backward pass share.
public struct Pass: Sendable {
    /// Weights to read and gradients to accumulate into.
    public let parameters: ParameterViews
    /// The rows of each utterance's frames.
    public let packing: PackedRows
    /// The pass's randomness; nil in evaluation.
    public let noise: Noise?
    /// The number of frames of each utterance before those of the pass.
    private let skipped: [Int]

    /// A pass over packed frames.
    public init(parameters: ParameterViews, packing: PackedRows, noise: Noise?) {
        self.init(
            parameters: parameters, packing: packing, noise: noise,
            skipped: [Int](repeating: 0, count: packing.count))
    }

    private init(parameters: ParameterViews, packing: PackedRows, noise: Noise?, skipped: [Int]) {
        self.parameters = parameters
        self.packing = packing
        self.noise = noise
        self.skipped = skipped
    }

    /// The same pass over some of its frames, with the same dropout.
    func rows(_ rows: Range<Int>) -> Pass {
        let utterances = (0..<packing.count).filter { packing[$0].overlaps(rows) }
        return Pass(
            parameters: parameters,
            packing: PackedRows(lengths: utterances.map { packing[$0].clamped(to: rows).count }),
            noise: noise.map { $0.of(utterances) },
            skipped: utterances.map { skipped[$0] + max(0, rows.lowerBound - packing[$0].lowerBound) })
    }

    /// Runs of frames to process one after the other if nothing is kept.
    var blocks: [Range<Int>] { packing.blocks }

    /// The precision of matrix products.
    var precision: GEMMPrecision { parameters.precision }

    /// The dropout of one purpose in one layer; nil if nothing is dropped.
    func dropout(
        _ rate: KeyPath<Regularization, Float>, _ stream: RandomStream, layer: Int = 0
    ) -> Dropout? {
        guard let noise, noise.regularization[keyPath: rate] > 0 else { return nil }
        return Dropout(
            rate: noise.regularization[keyPath: rate], packing: packing,
            keys: noise.keys(stream, layer: layer), skipping: skipped)
    }

    /// A tensor after dropout, in the precision of products: the tensor itself if that is the same.
    func product(_ tensor: Tensor, behind dropout: Dropout? = nil, arena: inout Arena) -> Matrix {
        if precision == .float32 && dropout == nil { return Matrix(tensor) }
        let matrix = arena.product(like: tensor, self)
        dropoutConvert(tensor, dropout, into: matrix)
        return matrix
    }
}

extension PackedRows {
    /// Runs of rows, long enough for products to be fast.
    var blocks: [Range<Int>] {
        stride(from: 0, to: totalRows, by: 1024).map { $0..<min($0 + 1024, totalRows) }
    }
}

/// Frames passing through the blocks: in float32 for residual sums, and in the precision of products.
struct Hidden {
    let tensor: Tensor
    /// The same numbers for products; in float32 the same memory.
    let product: Matrix

    /// Frames to be written by `layerNormForward`, both kinds at once.
    init(rows: Int, columns: Int, pass: Pass, arena: inout Arena) {
        self.init(at: arena.tensor(rows: rows, columns: columns), pass: pass, arena: &arena)
    }

    /// Existing frames of both kinds.
    init(_ tensor: Tensor, product: Matrix) {
        self.tensor = tensor
        self.product = product
    }

    /// Frames whose float32 numbers are in the given memory.
    init(at tensor: Tensor, pass: Pass, arena: inout Arena) {
        self.tensor = tensor
        product = pass.precision == .float32 ? Matrix(tensor) : arena.product(like: tensor, pass)
    }

    /// Drops elements of both kinds; does nothing without dropout.
    func drop(_ dropout: Dropout?) {
        guard let dropout else { return }
        dropoutForward(tensor, dropout, into: tensor)
        updateProduct()
    }

    /// Updates the numbers for products from the tensor.
    func updateProduct() {
        if product.precision != .float32 { convert(tensor, into: product) }
    }
}

extension Arena {
    /// A tensor of the same shape as another, with undefined elements.
    mutating func tensor(like other: Tensor) -> Tensor { tensor(rows: other.rows, columns: other.columns) }

    /// A matrix for products of the same shape as a tensor, with undefined elements.
    mutating func product(like other: Tensor, _ pass: Pass) -> Matrix {
        matrix(rows: other.rows, columns: other.columns, precision: pass.precision)
    }

    /// A matrix of the same shape and precision as another, with undefined elements.
    mutating func matrix(like other: Matrix) -> Matrix {
        matrix(rows: other.rows, columns: other.columns, precision: other.precision)
    }
}
