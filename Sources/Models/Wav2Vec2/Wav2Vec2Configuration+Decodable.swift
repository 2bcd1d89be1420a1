extension Wav2Vec2Configuration: Decodable {
    enum CodingKeys: String, CodingKey {
        case family = "model_type"
        case vocabularySize = "vocab_size"
        case hiddenSize = "hidden_size"
        case layerCount = "num_hidden_layers"
        case headCount = "num_attention_heads"
        case intermediateSize = "intermediate_size"
        case activation = "hidden_act"
        case layerNormEpsilon = "layer_norm_eps"
        case featureNormalization = "feat_extract_norm"
        case convolutionChannels = "conv_dim"
        case convolutionStrides = "conv_stride"
        case convolutionKernels = "conv_kernel"
        case convolutionBias = "conv_bias"
        case positionalKernel = "num_conv_pos_embeddings"
        case positionalGroups = "num_conv_pos_embedding_groups"
        case stableLayerNorm = "do_stable_layer_norm"
        case initializerRange = "initializer_range"
        case padTokenId = "pad_token_id"
        case featureActivation = "feat_extract_activation"
        case projectionNorm = "feat_proj_layer_norm"
        case positionalBatchNorm = "conv_pos_batch_norm"
        case hasAdapter = "add_adapter"
        case adapterSize = "adapter_attn_dim"
    }

    /// Reads a `config.json`; a missing or null key keeps transformers' default.
    public init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        family = try Self.family(in: container)
        try Self.refuseVariants(in: container)
        try container.read(.vocabularySize, into: &vocabularySize)
        try container.read(.hiddenSize, into: &hiddenSize)
        try container.read(.layerCount, into: &layerCount)
        try container.read(.headCount, into: &headCount)
        try container.read(.intermediateSize, into: &intermediateSize)
        try container.read(.activation, into: &activation)
        try container.read(.layerNormEpsilon, into: &layerNormEpsilon)
        try container.read(.featureNormalization, into: &featureNormalization)
        try container.read(.convolutionChannels, into: &convolutionChannels)
        try container.read(.convolutionStrides, into: &convolutionStrides)
        try container.read(.convolutionKernels, into: &convolutionKernels)
        try container.read(.convolutionBias, into: &convolutionBias)
        try container.read(.positionalKernel, into: &positionalKernel)
        try container.read(.positionalGroups, into: &positionalGroups)
        try container.read(.stableLayerNorm, into: &stableLayerNorm)
        try container.read(.initializerRange, into: &initializerRange)
        try container.read(.padTokenId, into: &padTokenId)
    }

    /// The family named by `model_type`; running another architecture as a known one would compute nonsense.
    private static func family(in container: KeyedDecodingContainer<CodingKeys>) throws -> ModelFamily {
        guard let name = try container.decodeIfPresent(String.self, forKey: .family) else { return .wav2vec2 }
        if let family = ModelFamily(rawValue: name) { return family }
        let known = ModelFamily.allCases.map(\.rawValue).joined(separator: " and ")
        throw container.refusal(
            .family,
            "\"\(name)\" is not read; parp reads \(known)"
                + (otherArchitectures[name].map { " (\($0))" } ?? ""))
    }

    /// Why similar-looking models are not supported.
    private static let otherArchitectures = [
        "wavlm": "WavLM's attention has gated relative position biases",
        "data2vec-audio": "data2vec has five positional convolutions, each with a layer norm",
        "unispeech-sat": "train from the wav2vec2 or hubert model instead",
        "wav2vec2-conformer": "its blocks are conformers",
        "wav2vec2-bert": "its input is filter banks, and its blocks are conformers",
    ]

    /// Refuses the families' options that change the network and are not supported.
    private static func refuseVariants(in container: KeyedDecodingContainer<CodingKeys>) throws {
        if let name = try container.decodeIfPresent(String.self, forKey: .featureActivation), name != "gelu" {
            throw container.refusal(.featureActivation, "\"\(name)\" is not known, only \"gelu\"")
        }
        if try container.decodeIfPresent(Bool.self, forKey: .projectionNorm) == false {
            throw container.refusal(.projectionNorm, "a model without this norm is not supported")
        }
        if try container.decodeIfPresent(Bool.self, forKey: .positionalBatchNorm) == true {
            throw container.refusal(
                .positionalBatchNorm, "a batch norm before the positional convolution is not supported")
        }
        if try container.decodeIfPresent(Bool.self, forKey: .hasAdapter) == true
            || container.decodeIfPresent(Int.self, forKey: .adapterSize) != nil
        {
            throw container.refusal(.hasAdapter, "adapters are not supported; use a model without them")
        }
    }
}
