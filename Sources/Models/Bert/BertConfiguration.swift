/// The shape of a BERT model, as `config.json` states it; unstated keys have transformers' defaults.
@dynamicMemberLookup
public struct BertConfiguration: Sendable, Hashable {
    /// The shape common to text models.
    public var shape = TextShape(
        vocabularySize: 30_522, hiddenSize: 768, layerCount: 12, headCount: 12, intermediateSize: 3072)
    /// Rows of the position embedding: the maximum number of tokens per example.
    public var maximumTokens = 512
    /// Rows of the segment embedding.
    public var segmentCount = 2
    /// Dropout of embeddings and residual branches.
    public var hiddenDropout: Float = 0.1
    /// Dropout of attention probabilities.
    public var attentionDropout: Float = 0.1
    /// Dropout before the classifier; nil is `hiddenDropout`.
    public var classifierDropout: Float?

    /// BERT base, uncased (Devlin et al., 2019).
    public init() {}

    /// A property of the shape.
    public subscript<Value>(dynamicMember property: WritableKeyPath<TextShape, Value>) -> Value {
        get { shape[keyPath: property] }
        set { shape[keyPath: property] = newValue }
    }

    /// Everything that is wrong or unknown, as sentences; empty if a model can be built.
    public func faults() -> [String] {
        var faults = ConfigurationFaults()
        shape.check(CodingKeys.self, into: &faults)
        faults.bound("max_position_embeddings", maximumTokens, by: 1_000_000)
        faults.bound("type_vocab_size", segmentCount, by: 1024)
        faults.rate("hidden_dropout_prob", hiddenDropout)
        faults.rate("attention_probs_dropout_prob", attentionDropout)
        faults.rate("classifier_dropout", classifierDropout ?? 0)
        return faults.sentences
    }
}

extension BertConfiguration: Decodable {
    enum CodingKeys: String, TextShapeKey {
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

    /// Reads a `config.json`; a missing or null key keeps transformers' default.
    public init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try Self.refuseVariants(in: container)
        try shape.read(from: container, decoder)
        try container.read(.maximumTokens, into: &maximumTokens)
        try container.read(.segmentCount, into: &segmentCount)
        try container.read(.hiddenDropout, into: &hiddenDropout)
        try container.read(.attentionDropout, into: &attentionDropout)
        classifierDropout = try container.decodeIfPresent(Float.self, forKey: .classifierDropout)
    }

    /// Refuses options that change the network and are not supported.
    private static func refuseVariants(in container: KeyedDecodingContainer<CodingKeys>) throws {
        if let kind = try container.decodeIfPresent(String.self, forKey: .positionKind), kind != "absolute" {
            throw container.refusal(.positionKind, "\"\(kind)\" is not known, only \"absolute\"")
        }
        for key in [CodingKeys.isDecoder, .hasCrossAttention] {
            if try container.decodeIfPresent(Bool.self, forKey: key) == true {
                throw container.refusal(key, "decoders are not supported")
            }
        }
        if try container.decodeIfPresent(Bool.self, forKey: .tiesEmbeddings) == false {
            throw container.refusal(.tiesEmbeddings, "a decoder with its own weights is not supported")
        }
    }
}
