public import Tensors

/// What determines the memory of training on a micro-batch.
public struct PlannedPass: Sendable, Hashable {
    /// One utterance.
    public struct Utterance: Sendable, Hashable {
        /// Samples of its audio.
        public var samples: Int
        /// Labels of its target; none in pre-training.
        public var labels: Int
        /// Masked frames of a pre-training loss; none in fine-tuning.
        public var masked: Int

        /// An utterance.
        public init(samples: Int, labels: Int = 0, masked: Int = 0) {
            self.samples = samples
            self.labels = labels
            self.masked = masked
        }
    }

    /// The utterances.
    public var utterances: [Utterance]
    /// Whether a frozen feature encoder's output is cached, so that no audio is read.
    public var hasFeatures = false
    /// The precision of products.
    public var precision = GEMMPrecision.float32
    /// The indices of the slots with sparse products.
    public var sparseSlots: Set<Int> = []
    /// The trained parameters.
    public var trainable = TrainableParameters.exceptFeatureEncoder
    /// Whether backward recomputes the blocks.
    public var recomputing = false
    /// Whether dropouts need copies of gradients: after the projected features, and after each block's parts.
    public var regularization = Regularization()

    /// A pass over utterances, with the defaults of a recipe and no dropout.
    public init(_ utterances: [Utterance]) { self.utterances = utterances }
}

extension PlannedPass {
    /// The utterances as a batch in an arena of the counting device.
    func batch(_ configuration: Wav2Vec2Configuration, arena: inout Arena) -> SpeechBatch {
        guard hasFeatures else {
            return SpeechBatch(utterances.map { .waveform(arena.tensor(rows: $0.samples, columns: 1)) })
        }
        let packing = PackedRows(
            lengths: utterances.map { configuration.frameCount(samples: $0.samples) })
        let channels = configuration.convolutionChannels
        let features = arena.tensor(rows: packing.totalRows, columns: channels[channels.count - 1])
        return SpeechBatch(features: features, packing: packing)
    }

    /// The pass's dropouts without layer drop, since a dropped layer takes no memory.
    var noise: Noise {
        var regularization = regularization
        regularization.layerDrop = 0
        return Noise(
            seed: 0, step: 0, identities: utterances.indices.map { UInt64($0) },
            regularization: regularization)
    }

    /// Weights without numbers, in the pass's precision.
    func parameters(_ layout: ParameterLayout) -> ParameterViews {
        ParameterViews(counting: layout, precision: precision, sparseSlots: sparseSlots)
    }
}
