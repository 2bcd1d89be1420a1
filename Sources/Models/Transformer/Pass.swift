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

/// The randomness of one training pass: where its numbers are counted from, and the rates they serve.
public struct Noise: Sendable {
    /// The run's seed.
    public let seed: UInt64
    /// The update, counted from 0.
    public let step: Int
    /// One identity an utterance, the same on whatever rank and in whatever batch it is.
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

    /// The key of each utterance's numbers for one purpose in one layer.
    func keys(_ stream: RandomStream, layer: Int) -> [UInt64] {
        identities.map {
            CountedRandom(seed: seed, stream: stream, step: step, item: $0, layer: layer).key
        }
    }

    /// Whether a layer is skipped in this update: by all ranks and all utterances alike.
    func skipsLayer(_ layer: Int) -> Bool {
        guard regularization.layerDrop > 0 else { return false }
        let random = CountedRandom(seed: seed, stream: .layerDrop, step: step, layer: layer)
        return random.uniform(at: 0) < Double(regularization.layerDrop)
    }
}

/// What every layer of one forward and backward pass shares.
public struct Pass: Sendable {
    /// Weights to read and gradients to accumulate into.
    public let parameters: ParameterViews
    /// Where each utterance's frames lie.
    public let packing: PackedRows
    /// The pass's randomness; nil in evaluation.
    public let noise: Noise?

    /// A pass over packed frames.
    public init(parameters: ParameterViews, packing: PackedRows, noise: Noise?) {
        self.parameters = parameters
        self.packing = packing
        self.noise = noise
    }

    /// Drops elements of a tensor in place.
    func dropoutForward(
        _ tensor: Tensor, _ rate: KeyPath<Regularization, Float>, _ stream: RandomStream, layer: Int = 0
    ) {
        guard let noise, noise.regularization[keyPath: rate] > 0 else { return }
        Kernels.dropoutForward(
            tensor, rate: noise.regularization[keyPath: rate], packing: packing,
            keys: noise.keys(stream, layer: layer), into: tensor)
    }

    /// Drops the same elements of a gradient, into another tensor; copies where there is no dropout.
    func dropoutBackward(
        _ dOutput: Tensor, _ rate: KeyPath<Regularization, Float>, _ stream: RandomStream, layer: Int = 0,
        into dInput: Tensor
    ) {
        guard let noise, noise.regularization[keyPath: rate] > 0 else {
            if dInput.pointer != dOutput.pointer { dInput.copy(from: dOutput) }
            return
        }
        Kernels.dropoutBackward(
            dOutput, rate: noise.regularization[keyPath: rate], packing: packing,
            keys: noise.keys(stream, layer: layer), into: dInput)
    }
}

extension Arena {
    /// A matrix of the same extents as another, its elements undefined.
    mutating func tensor(like other: Tensor) -> Tensor { tensor(rows: other.rows, columns: other.columns) }
}
