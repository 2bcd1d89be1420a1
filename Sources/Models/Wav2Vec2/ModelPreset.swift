/// The shapes that `parp init` makes.
public enum ModelPreset: String, Sendable, CaseIterable {
    /// 4 blocks of 192 channels after narrow convolutions, norm first: for tests and demonstrations.
    case tiny
    /// 6 blocks of 256 channels, 5 M weights: for pre-training on a laptop or a node without accelerators.
    case small
    /// wav2vec 2.0 base: 95 M weights.
    case base
    /// wav2vec 2.0 large (LS-960): 317 M weights.
    case large
    /// XLSR-53: large, with layer norm first and in every convolution.
    case xlsr53

    /// The preset's shape.
    public var configuration: Wav2Vec2Configuration {
        var configuration = Wav2Vec2Configuration()
        switch self {
        case .base: break
        case .tiny:
            configuration.hiddenSize = 192
            configuration.layerCount = 4
            configuration.headCount = 4
            configuration.intermediateSize = 768
            configuration.convolutionChannels = [64, 96, 96, 128, 128, 192, 192]
            configuration.positionalKernel = 32
            configuration.positionalGroups = 8
            // Pre-norm everywhere: training from scratch needs it most.
            configuration.featureNormalization = .layer
            configuration.convolutionBias = true
            configuration.stableLayerNorm = true
        case .small:
            configuration.hiddenSize = 256
            configuration.layerCount = 6
            configuration.headCount = 4
            configuration.intermediateSize = 1024
            // Channels grow as frames get fewer, so that all layers cost about the same.
            configuration.convolutionChannels = [32, 64, 64, 128, 128, 192, 256]
            configuration.positionalKernel = 31
            // Blocks train from scratch more easily with pre-norm. Convolutions keep base's single group
            // norm: a layer norm after each would take seven more passes over the largest activations.
            configuration.stableLayerNorm = true
        case .large, .xlsr53:
            configuration.hiddenSize = 1024
            configuration.layerCount = 24
            configuration.headCount = 16
            configuration.intermediateSize = 4096
            if self == .xlsr53 {
                configuration.featureNormalization = .layer
                configuration.convolutionBias = true
                configuration.stableLayerNorm = true
            }
        }
        return configuration
    }
}
