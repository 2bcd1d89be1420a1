/// The shape of an XLNet model, as `config.json` states it; unstated keys have transformers' defaults.
@dynamicMemberLookup
public struct XLNetConfiguration: Sendable, Hashable {
    /// The shape common to text models.
    public var shape = TextShape(
        vocabularySize: 32_000, hiddenSize: 1024, layerCount: 24, headCount: 16, intermediateSize: 4096)
    /// Dropout of embeddings, positions, probabilities, activations and residual branches.
    public var dropout: Float = 0.1
    /// Dropout before the classifier.
    public var summaryDropout: Float = 0.1

    /// XLNet large, cased (Yang et al., 2019).
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
        faults.require(
            self.hiddenSize % 2 == 0, "d_model is \(self.hiddenSize); sines and cosines need an even number")
        faults.rate("dropout", dropout)
        faults.rate("summary_last_dropout", summaryDropout)
        return faults.sentences
    }
}

extension XLNetConfiguration: Decodable {
    enum CodingKeys: String, TextShapeKey {
        case vocabularySize = "vocab_size"
        case hiddenSize = "d_model"
        case layerCount = "n_layer"
        case headCount = "n_head"
        case headSize = "d_head"
        case intermediateSize = "d_inner"
        case activation = "ff_activation"
        case layerNormEpsilon = "layer_norm_eps"
        case initializerRange = "initializer_range"
        case dropout
        case summaryDropout = "summary_last_dropout"
        case attentionKind = "attn_type"
        case isBidirectionalData = "bi_data"
        case longestDistance = "clamp_len"
        case summaryKind = "summary_type"
        case summaryProjects = "summary_use_proj"
        case summaryActivation = "summary_activation"
    }

    /// Reads a `config.json`; a missing or null key keeps transformers' default.
    public init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try shape.read(from: container, decoder)
        try container.read(.dropout, into: &dropout)
        try container.read(.summaryDropout, into: &summaryDropout)
        try refuseVariants(in: container)
    }

    /// Refuses options that change the network and are not supported.
    private func refuseVariants(in container: KeyedDecodingContainer<CodingKeys>) throws {
        func refuse<Value: Decodable & Equatable>(
            _ key: CodingKeys, unless known: Value, _ sentence: String
        ) throws {
            guard let value = try container.decodeIfPresent(Value.self, forKey: key), value != known else {
                return
            }
            throw container.refusal(key, "\(value): \(sentence)")
        }
        try refuse(.attentionKind, unless: "bi", "only attention in both directions, \"bi\", is supported")
        try refuse(.isBidirectionalData, unless: false, "batches of both directions are not supported")
        if let distance = try container.decodeIfPresent(Int.self, forKey: .longestDistance), distance > 0 {
            throw container.refusal(
                .longestDistance, "\(distance): clamped distances are not supported, only -1")
        }
        try refuse(.summaryKind, unless: "last", "only a summary of the last token, \"last\", is supported")
        try refuse(.summaryProjects, unless: true, "a summary without projection is not supported")
        try refuse(.summaryActivation, unless: "tanh", "only \"tanh\" is known")
        if self.headCount > 0 {
            try refuse(
                .headSize, unless: self.hiddenSize / self.headCount,
                "heads must divide d_model \(self.hiddenSize) evenly")
        }
    }
}
