public import Kernels

/// How the convolutions of the feature encoder are normalised.
public enum FeatureNormalization: String, Sendable, Codable {
    /// The first convolution only, each channel over time (base, large LS-960).
    case group
    /// Every convolution, each frame over channels (XLSR-53).
    case layer
}

/// The models with wav2vec 2.0's architecture; they differ in pre-training.
public enum ModelFamily: String, Sendable, Codable, CaseIterable {
    /// wav2vec 2.0, XLSR, XLS-R.
    case wav2vec2
    /// HuBERT.
    case hubert
}

/// The shape of a wav2vec 2.0 model, as `config.json` states it; unstated keys have transformers' defaults.
public struct Wav2Vec2Configuration: Sendable, Hashable {
    /// The model's type, and the prefix of its parameters' names.
    public var family = ModelFamily.wav2vec2
    /// Rows of the head: tokens of the vocabulary, including the blank.
    public var vocabularySize = 32
    /// Channels of the Transformer.
    public var hiddenSize = 768
    /// Transformer blocks.
    public var layerCount = 12
    /// Attention heads per block.
    public var headCount = 12
    /// Channels inside the feed-forward.
    public var intermediateSize = 3072
    /// The activation everywhere; only `gelu` is known.
    public var activation = "gelu"
    /// Added to variances.
    public var layerNormEpsilon: Float = 1e-5
    /// Norms of the feature encoder.
    public var featureNormalization = FeatureNormalization.group
    /// Channels of each convolution.
    public var convolutionChannels = [512, 512, 512, 512, 512, 512, 512]
    /// Stride of each convolution.
    public var convolutionStrides = [5, 2, 2, 2, 2, 2, 2]
    /// Taps of each convolution.
    public var convolutionKernels = [10, 3, 3, 3, 3, 2, 2]
    /// Whether convolutions have a bias.
    public var convolutionBias = false
    /// Taps of the positional convolution.
    public var positionalKernel = 128
    /// Groups of the positional convolution.
    public var positionalGroups = 16
    /// Norm before attention and feed-forward instead of after.
    public var stableLayerNorm = false
    /// Standard deviation of initial linear weights.
    public var initializerRange: Float = 0.02
    /// The CTC blank.
    public var padTokenId = 0

    /// wav2vec 2.0 base.
    public init() {}

    /// Samples between two frames: the product of the strides.
    public var hopSamples: Int { convolutionStrides.reduce(1, *) }

    /// The number of frames that the feature encoder makes from a number of samples.
    public func frameCount(samples: Int) -> Int {
        zip(convolutionKernels, convolutionStrides).reduce(samples) { length, convolution in
            length < convolution.0 ? 0 : (length - convolution.0) / convolution.1 + 1
        }
    }

    /// The number of samples that a frame depends on.
    public var receptiveSamples: Int {
        zip(convolutionKernels, convolutionStrides).reversed().reduce(1) { ($0 - 1) * $1.1 + $1.0 }
    }

    /// The empty sums for a recording's normalisation.
    public var waveformMoments: WaveformMoments {
        WaveformMoments(taps: convolutionKernels[0], stride: convolutionStrides[0])
    }

    /// Everything that is wrong or unknown, as sentences; empty if a model can be built.
    public func faults() -> [String] {
        var faults = ConfigurationFaults()
        faults.require(activation == "gelu", "hidden_act is \"\(activation)\"; only \"gelu\" is known")
        faults.bound("vocab_size", vocabularySize, by: 1_000_000)
        faults.bound("hidden_size", hiddenSize, by: 16_384)
        faults.bound("num_hidden_layers", layerCount, by: 512)
        faults.bound("num_attention_heads", headCount, by: 1024)
        faults.bound("intermediate_size", intermediateSize, by: 65_536)
        faults.bound("num_conv_pos_embeddings", positionalKernel, by: 4096)
        faults.bound("num_conv_pos_embedding_groups", positionalGroups, by: 16_384)
        faults.multiple("hidden_size", hiddenSize, of: "num_attention_heads", headCount)
        faults.multiple("hidden_size", hiddenSize, of: "num_conv_pos_embedding_groups", positionalGroups)
        let lengths = [convolutionChannels.count, convolutionStrides.count, convolutionKernels.count]
        faults.require(
            Set(lengths).count == 1 && (1...32).contains(lengths[0]),
            "conv_dim, conv_stride and conv_kernel must have the same 1 to 32 entries, not \(lengths)")
        let extents = convolutionChannels + convolutionStrides + convolutionKernels
        faults.require(
            extents.allSatisfy { (1...16_384).contains($0) },
            "conv_dim, conv_stride and conv_kernel must hold numbers from 1 to 16384")
        faults.require(
            padTokenId >= 0 && padTokenId < max(1, vocabularySize),
            "pad_token_id \(padTokenId) is outside the vocabulary of \(vocabularySize)")
        faults.epsilon("layer_norm_eps", layerNormEpsilon)
        return faults.sentences
    }
}
