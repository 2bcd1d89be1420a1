/// The shape of a BERT model, as `config.json` states it; unstated keys have transformers' defaults.
public struct BertConfiguration: Sendable, Hashable {
    /// Rows of the token embedding.
    public var vocabularySize = 30_522
    /// Channels of the Transformer.
    public var hiddenSize = 768
    /// Transformer blocks.
    public var layerCount = 12
    /// Attention heads a block.
    public var headCount = 12
    /// Channels inside the feed-forward.
    public var intermediateSize = 3072
    /// The activation of the feed-forward; only `gelu` is known.
    public var activation = "gelu"
    /// Added to variances.
    public var layerNormEpsilon: Float = 1e-12
    /// Rows of the position embedding: the most tokens of an example.
    public var maximumTokens = 512
    /// Rows of the segment embedding.
    public var segmentCount = 2
    /// Standard deviation of fresh weights.
    public var initializerRange: Float = 0.02
    /// Dropout of embeddings and residual branches.
    public var hiddenDropout: Float = 0.1
    /// Dropout of attention probabilities.
    public var attentionDropout: Float = 0.1
    /// Dropout before the classifier; nil is `hiddenDropout`.
    public var classifierDropout: Float?
    /// Rows of the classifier.
    public var labelCount = 2

    /// BERT base, uncased (Devlin et al., 2019).
    public init() {}

    /// Everything that is wrong or unknown, as sentences; empty if a model can be built.
    public func faults() -> [String] {
        var faults = ConfigurationFaults()
        faults.require(activation == "gelu", "hidden_act is \"\(activation)\"; only \"gelu\" is known")
        faults.bound("vocab_size", vocabularySize, by: 10_000_000)
        faults.bound("hidden_size", hiddenSize, by: 16_384)
        faults.bound("num_hidden_layers", layerCount, by: 512)
        faults.bound("num_attention_heads", headCount, by: 1024)
        faults.bound("intermediate_size", intermediateSize, by: 65_536)
        faults.bound("max_position_embeddings", maximumTokens, by: 1_000_000)
        faults.bound("type_vocab_size", segmentCount, by: 1024)
        faults.bound("the number of labels", labelCount, by: 1_000_000)
        faults.require(
            headCount < 1 || hiddenSize % headCount == 0,
            "hidden_size \(hiddenSize) is not a multiple of num_attention_heads \(headCount)")
        faults.require(
            layerNormEpsilon > 0 && layerNormEpsilon < 1, "layer_norm_eps is \(layerNormEpsilon)")
        faults.rate("hidden_dropout_prob", hiddenDropout)
        faults.rate("attention_probs_dropout_prob", attentionDropout)
        faults.rate("classifier_dropout", classifierDropout ?? 0)
        return faults.sentences
    }
}

extension BertConfiguration: Decodable {
    enum CodingKeys: String, CodingKey {
        case vocabularySize = "vocab_size"
        case hiddenSize = "hidden_size"
        case layerCount = "num_hidden_layers"
        case headCount = "num_attention_heads"
        case intermediateSize = "intermediate_size"
        case activation = "hidden_act"
        case layerNormEpsilon = "layer_norm_eps"
        case maximumTokens = "max_position_embeddings"
        case segmentCount = "type_vocab_size"
        case initializerRange = "initializer_range"
        case hiddenDropout = "hidden_dropout_prob"
        case attentionDropout = "attention_probs_dropout_prob"
        case classifierDropout = "classifier_dropout"
        case positionKind = "position_embedding_type"
        case isDecoder = "is_decoder"
        case hasCrossAttention = "add_cross_attention"
        case tiesEmbeddings = "tie_word_embeddings"
    }

    /// Reads a `config.json`; a key that is not there, or null, keeps transformers' default.
    public init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func read<Value: Decodable>(_ key: CodingKeys, into value: inout Value) throws {
            if let found = try container.decodeIfPresent(Value.self, forKey: key) { value = found }
        }
        try Self.refuseVariants(in: container)
        try read(.vocabularySize, into: &vocabularySize)
        try read(.hiddenSize, into: &hiddenSize)
        try read(.layerCount, into: &layerCount)
        try read(.headCount, into: &headCount)
        try read(.intermediateSize, into: &intermediateSize)
        try read(.activation, into: &activation)
        try read(.layerNormEpsilon, into: &layerNormEpsilon)
        try read(.maximumTokens, into: &maximumTokens)
        try read(.segmentCount, into: &segmentCount)
        try read(.initializerRange, into: &initializerRange)
        try read(.hiddenDropout, into: &hiddenDropout)
        try read(.attentionDropout, into: &attentionDropout)
        classifierDropout = try container.decodeIfPresent(Float.self, forKey: .classifierDropout)
        labelCount = try LabelCount(from: decoder).count ?? labelCount
    }

    /// Options that change the network and are not built here.
    private static func refuseVariants(in container: KeyedDecodingContainer<CodingKeys>) throws {
        func refuse(_ key: CodingKeys, _ sentence: String) -> DecodingError {
            .dataCorruptedError(forKey: key, in: container, debugDescription: sentence)
        }
        if let kind = try container.decodeIfPresent(String.self, forKey: .positionKind), kind != "absolute" {
            throw refuse(.positionKind, "\"\(kind)\" is not known, only \"absolute\"")
        }
        for key in [CodingKeys.isDecoder, .hasCrossAttention] {
            if try container.decodeIfPresent(Bool.self, forKey: key) == true {
                throw refuse(key, "decoders are not built here")
            }
        }
        if try container.decodeIfPresent(Bool.self, forKey: .tiesEmbeddings) == false {
            throw refuse(.tiesEmbeddings, "a decoder of its own weights is not built here")
        }
    }
}
