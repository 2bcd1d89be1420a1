internal import Kernels
public import Tensors

/// Which parameters an update trains: a suffix of the flat store.
public enum TrainableParameters: Sendable, Hashable {
    /// All of them.
    case everything
    /// Everything after the convolutions, as in nearly all fine-tuning.
    case exceptFeatureEncoder
    /// Only the head, as in fairseq's `freeze_finetune_updates`.
    case headOnly
}

/// wav2vec 2.0 with a CTC head (Baevski et al., 2020): waveform to one row of logits every 20 ms.
///
/// A value with shapes and offsets; weights, gradients and activations are passed in.
public struct Wav2Vec2: Sendable {
    /// The model's shape.
    public let configuration: Wav2Vec2Configuration
    /// Names and offsets of all parameters, in forward order.
    public let layout: ParameterLayout
    let backbone: Wav2Vec2Backbone
    let head: LinearLayer

    /// Lays out a model of this shape.
    public init(_ configuration: Wav2Vec2Configuration) {
        self.configuration = configuration
        var layout = ParameterLayout()
        backbone = Wav2Vec2Backbone(configuration, in: &layout)
        head = LinearLayer(
            "lm_head", inputs: configuration.hiddenSize, outputs: configuration.vocabularySize,
            initializer: .normal(deviation: Double(configuration.initializerRange)), in: &layout)
        self.layout = layout
    }

    /// The first trained element of the flat store.
    public func firstTrainableOffset(_ trainable: TrainableParameters) -> Int {
        switch trainable {
        case .everything, .exceptFeatureEncoder: backbone.firstTrainableOffset(trainable)
        case .headOnly: head.weight.offset
        }
    }

    /// The parameters of the head, which a pre-trained model lacks.
    public var headSlots: [ParameterSlot] { head.slots }

    /// The embedding of masked frames, which transformers leaves out of models that never mask.
    public var maskEmbeddingSlot: ParameterSlot { backbone.maskEmbedding }

    /// The channels of the feature encoder's output.
    public var featureChannels: Int { backbone.featureChannels }

    /// The rows of each utterance's frames in a batch.
    public func framePacking(_ batch: SpeechBatch) -> PackedRows { backbone.framePacking(batch) }

    /// Computes the features of one utterance's samples, (samples, 1), as a frozen feature encoder.
    ///
    /// - Parameter features: (frames, channels); overwritten.
    public func extractFeatures(
        _ samples: Tensor, parameters: ParameterViews, arena: inout Arena, into features: Tensor
    ) {
        backbone.featureExtractor.forward(samples, parameters: parameters, arena: &arena, into: features)
    }

    /// The parameters of the feature encoder: the first of the flat store.
    public var featureEncoderRange: Range<Int> { 0..<backbone.featureProjection.firstOffset }
}

/// The utterances of a batch, as waveforms or features.
public struct SpeechBatch: Sendable {
    /// One utterance.
    public enum Source: Sendable {
        /// Its samples, (samples, 1).
        case waveform(Tensor)
        /// A frozen feature encoder's output, (frames, channels), cached from an earlier epoch.
        case features(Tensor)
    }

    /// The utterances.
    public let sources: [Source]
    /// The features of all of them, (frames, channels), where they lie packed already; nil where some are made, or lie
    /// elsewhere.
    let packedFeatures: Tensor?

    /// A batch of utterances.
    public init(_ sources: [Source]) {
        self.sources = sources
        packedFeatures = nil
    }

    /// A batch of packed samples.
    public init(samples: Tensor, packing: PackedRows) {
        self.init((0..<packing.count).map { .waveform(samples.rows(packing[$0])) })
    }

    /// A batch of packed features, (frames, channels), which the model reads where they lie.
    public init(features: Tensor, packing: PackedRows) {
        sources = (0..<packing.count).map { .features(features.rows(packing[$0])) }
        packedFeatures = features
    }
}

/// The model's output for a batch, with what backward needs if kept.
public struct Wav2Vec2Output {
    /// (frames, vocabulary), packed.
    public let logits: Tensor
    /// The rows of each utterance's frames.
    public let packing: PackedRows
    /// (frames, hidden size), packed: the head's input.
    let frames: Tensor
    let pass: Pass
    /// Nil if only the head is trained.
    let encoded: Wav2Vec2Backbone.Encoded?
}
