/// The shape of an XLNet model, as `config.json` states it; unstated keys have transformers' defaults.
public struct XLNetConfiguration: Sendable, Hashable {
    /// Rows of the token embedding.
    public var vocabularySize = 32_000
    /// Channels of the Transformer.
    public var hiddenSize = 1024
    /// Transformer blocks.
    public var layerCount = 24
    /// Attention heads a block.
    public var headCount = 16
    /// Channels inside the feed-forward.
    public var intermediateSize = 4096
    /// The activation of the feed-forward; only `gelu` is known.
    public var activation = "gelu"
    /// Added to variances.
    public var layerNormEpsilon: Float = 1e-12
    /// Standard deviation of fresh weights.
    public var initializerRange: Float = 0.02
    /// Dropout of embeddings, positions, probabilities, activations and residual branches.
    public var dropout: Float = 0.1
    /// Dropout before the classifier.
    public var summaryDropout: Float = 0.1
    /// Rows of the classifier.
    public var labelCount = 2

    /// XLNet large, cased (Yang et al., 2019).
    public init() {}

    /// Everything that is wrong or unknown, as sentences; empty if a model can be built.
    public func faults() -> [String] {
        var faults = ConfigurationFaults()
        faults.require(activation == "gelu", "ff_activation is \"\(activation)\"; only \"gelu\" is known")
        faults.bound("vocab_size", vocabularySize, by: 10_000_000)
        faults.bound("d_model", hiddenSize, by: 16_384)
        faults.bound("n_layer", layerCount, by: 512)
        faults.bound("n_head", headCount, by: 1024)
        faults.bound("d_inner", intermediateSize, by: 65_536)
        faults.bound("the number of labels", labelCount, by: 1_000_000)
        faults.require(
            headCount < 1 || hiddenSize % headCount == 0,
            "d_model \(hiddenSize) is not a multiple of n_head \(headCount)")
        faults.require(
            hiddenSize % 2 == 0, "d_model is \(hiddenSize); sines and cosines need an even number")
        faults.require(
            layerNormEpsilon > 0 && layerNormEpsilon < 1, "layer_norm_eps is \(layerNormEpsilon)")
        faults.rate("dropout", dropout)
        faults.rate("summary_last_dropout", summaryDropout)
        return faults.sentences
    }
}

extension XLNetConfiguration: Decodable {
    enum CodingKeys: String, CodingKey {
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

    /// Reads a `config.json`; a key that is not there, or null, keeps transformers' default.
    public init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func read<Value: Decodable>(_ key: CodingKeys, into value: inout Value) throws {
            if let found = try container.decodeIfPresent(Value.self, forKey: key) { value = found }
        }
        try read(.vocabularySize, into: &vocabularySize)
        try read(.hiddenSize, into: &hiddenSize)
        try read(.layerCount, into: &layerCount)
        try read(.headCount, into: &headCount)
        try read(.intermediateSize, into: &intermediateSize)
        try read(.activation, into: &activation)
        try read(.layerNormEpsilon, into: &layerNormEpsilon)
        try read(.initializerRange, into: &initializerRange)
        try read(.dropout, into: &dropout)
        try read(.summaryDropout, into: &summaryDropout)
        labelCount = try LabelCount(from: decoder).count ?? labelCount
        try refuseVariants(in: container)
    }

    /// Options that change the network and are not built here.
    private func refuseVariants(in container: KeyedDecodingContainer<CodingKeys>) throws {
        func refuse<Value: Decodable & Equatable>(
            _ key: CodingKeys, unless known: Value, _ sentence: String
        ) throws {
            guard let value = try container.decodeIfPresent(Value.self, forKey: key), value != known else {
                return
            }
            throw DecodingError.dataCorruptedError(
                forKey: key, in: container, debugDescription: "\(value): \(sentence)")
        }
        try refuse(.attentionKind, unless: "bi", "only attention in both directions, \"bi\", is built here")
        try refuse(.isBidirectionalData, unless: false, "batches of both directions are not built here")
        if let distance = try container.decodeIfPresent(Int.self, forKey: .longestDistance), distance > 0 {
            throw DecodingError.dataCorruptedError(
                forKey: .longestDistance, in: container,
                debugDescription: "\(distance): clamped distances are not built here, only -1")
        }
        try refuse(.summaryKind, unless: "last", "only the last token, \"last\", summarises here")
        try refuse(.summaryProjects, unless: true, "a summary without projection is not built here")
        try refuse(.summaryActivation, unless: "tanh", "only \"tanh\" is known")
        if headCount > 0 {
            try refuse(
                .headSize, unless: hiddenSize / headCount, "heads must share d_model \(hiddenSize) evenly")
        }
    }
}
