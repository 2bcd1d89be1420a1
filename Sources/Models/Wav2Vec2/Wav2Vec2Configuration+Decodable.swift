extension Wav2Vec2Configuration: Decodable {
    enum CodingKeys: String, CodingKey {
        case modelType = "model_type"
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
    }

    /// Reads a `config.json`; a key that is not there, or null, keeps transformers' default.
    public init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func read<Value: Decodable>(_ key: CodingKeys, into value: inout Value) throws {
            if let found = try container.decodeIfPresent(Value.self, forKey: key) { value = found }
        }
        try read(.modelType, into: &modelType)
        try read(.vocabularySize, into: &vocabularySize)
        try read(.hiddenSize, into: &hiddenSize)
        try read(.layerCount, into: &layerCount)
        try read(.headCount, into: &headCount)
        try read(.intermediateSize, into: &intermediateSize)
        try read(.activation, into: &activation)
        try read(.layerNormEpsilon, into: &layerNormEpsilon)
        try read(.featureNormalization, into: &featureNormalization)
        try read(.convolutionChannels, into: &convolutionChannels)
        try read(.convolutionStrides, into: &convolutionStrides)
        try read(.convolutionKernels, into: &convolutionKernels)
        try read(.convolutionBias, into: &convolutionBias)
        try read(.positionalKernel, into: &positionalKernel)
        try read(.positionalGroups, into: &positionalGroups)
        try read(.stableLayerNorm, into: &stableLayerNorm)
        try read(.initializerRange, into: &initializerRange)
        try read(.padTokenId, into: &padTokenId)
    }
}
