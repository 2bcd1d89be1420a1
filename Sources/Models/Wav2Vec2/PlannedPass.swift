public import Tensors

/// A micro-batch that is to be trained on, as far as memory depends on it.
public struct PlannedPass: Sendable, Hashable {
    /// One utterance.
    public struct Utterance: Sendable, Hashable {
        /// Samples of its audio.
        public var samples: Int
        /// Labels of its target; none in pre-training.
        public var labels: Int
        /// Masked frames that a pre-training loss is taken of; none in fine-tuning.
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
    /// Whether a frozen feature encoder's output was kept, so that no audio is read.
    public var hasFeatures = false
    /// What products multiply.
    public var precision = GEMMPrecision.float32
    /// The indices of the slots of weights that are multiplied by sparse products.
    public var sparseSlots: Set<Int> = []
    /// What is trained.
    public var trainable = TrainableParameters.exceptFeatureEncoder
    /// Whether backward computes the blocks once more.
    public var recomputing = false
    /// Whether dropouts need copies of gradients: after the projected features, and after each block's parts.
    public var regularization = Regularization()

    /// A pass over utterances, with the defaults of a recipe and no dropout.
    public init(_ utterances: [Utterance]) { self.utterances = utterances }
}

extension PlannedPass {
    /// The utterances as a batch that an arena of the counting device holds.
    func batch(_ configuration: Wav2Vec2Configuration, arena: inout Arena) -> SpeechBatch {
        SpeechBatch(
            utterances.map { utterance in
                guard hasFeatures else {
                    return .waveform(arena.tensor(rows: utterance.samples, columns: 1))
                }
                let channels = configuration.convolutionChannels
                return .features(
                    arena.tensor(
                        rows: configuration.frameCount(samples: utterance.samples),
                        columns: channels[channels.count - 1]))
            })
    }

    /// The pass's dropouts, and no dropped layer, which would take nothing.
    var noise: Noise {
        var regularization = regularization
        regularization.layerDrop = 0
        return Noise(
            seed: 0, step: 0, identities: utterances.indices.map { UInt64($0) },
            regularization: regularization)
    }

    /// Weights without numbers, as the pass multiplies them.
    func parameters(_ layout: ParameterLayout) -> ParameterViews {
        ParameterViews(counting: layout, precision: precision, sparseSlots: sparseSlots)
    }
}
