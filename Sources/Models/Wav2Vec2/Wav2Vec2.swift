internal import Kernels
public import Tensors

/// Which parameters an update trains: a suffix of the flat store.
public enum TrainableParameters: Sendable, Hashable {
    /// All of them.
    case everything
    /// All behind the convolutions, as in nearly all fine-tuning.
    case exceptFeatureEncoder
    /// The head alone, as in fairseq's `freeze_finetune_updates`.
    case headOnly
}

/// wav2vec 2.0 with a CTC head (Baevski et al., 2020): waveform to one row of logits every 20 ms.
///
/// A value: it knows shapes and places; weights, gradients and activations are handed to it.
public struct Wav2Vec2: Sendable {
    /// The model's shape.
    public let configuration: Wav2Vec2Configuration
    /// Names and places of all parameters, in the order of the forward pass.
    public let layout: ParameterLayout
    let featureExtractor: FeatureExtractor
    let featureProjection: FeatureProjection
    let maskEmbedding: ParameterSlot
    let encoder: ContextEncoder
    let head: LinearLayer

    /// Lays out a model of this shape.
    public init(_ configuration: Wav2Vec2Configuration) {
        precondition(configuration.faults().isEmpty, configuration.faults().joined(separator: "; "))
        self.configuration = configuration
        let name = configuration.modelType
        var layout = ParameterLayout()
        featureExtractor = FeatureExtractor("\(name).feature_extractor", configuration, in: &layout)
        featureProjection = FeatureProjection("\(name).feature_projection", configuration, in: &layout)
        maskEmbedding = layout.add(
            "\(name).masked_spec_embed", [configuration.hiddenSize], initializer: .uniform(0...1))
        encoder = ContextEncoder("\(name).encoder", configuration, in: &layout)
        head = LinearLayer(
            "lm_head", inputs: configuration.hiddenSize, outputs: configuration.vocabularySize,
            initializer: .normal(deviation: Double(configuration.initializerRange)), in: &layout)
        self.layout = layout
    }

    /// The first trained element of the flat store.
    public func firstTrainableOffset(_ trainable: TrainableParameters) -> Int {
        switch trainable {
        case .everything: 0
        case .exceptFeatureEncoder: featureProjection.firstOffset
        case .headOnly: head.weight.offset
        }
    }

    /// The parameters of the head, which a pre-trained model lacks.
    public var headSlots: [ParameterSlot] { [head.weight, head.bias] }

    /// The embedding of masked frames, which transformers leaves out of models that never mask.
    public var maskEmbeddingSlot: ParameterSlot { maskEmbedding }

    /// The frames of each utterance, given its samples.
    public func framePacking(samples: PackedRows) -> PackedRows {
        PackedRows(lengths: samples.lengths.map { configuration.frameCount(samples: $0) })
    }
}

/// A packed batch of waveforms: (samples of all utterances, 1).
public struct WaveformBatch: Sendable {
    /// The samples, one a row.
    public let samples: Tensor
    /// Where each utterance's samples lie.
    public let packing: PackedRows

    /// A batch of packed samples.
    public init(samples: Tensor, packing: PackedRows) {
        self.samples = samples
        self.packing = packing
    }
}

/// What the model made of a batch, with what backward needs, if it was kept.
public struct Wav2Vec2Output {
    /// (frames, vocabulary), packed.
    public let logits: Tensor
    /// Where each utterance's frames lie.
    public let packing: PackedRows
    let pass: Pass
    let trainable: TrainableParameters
    let features: [FeatureExtractor.Saved]
    let projection: FeatureProjection.Saved
    let masked: [Bool]
    let channelSpans: [[Range<Int>]]
    let encoder: ContextEncoder.Saved
    let headInput: Tensor
}
