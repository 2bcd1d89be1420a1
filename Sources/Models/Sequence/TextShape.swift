internal import Tensors

/// The shape parameters common to text models.
public struct TextShape: Sendable, Hashable {
    /// Rows of the token embedding.
    public var vocabularySize: Int
    /// Channels of the Transformer.
    public var hiddenSize: Int
    /// Transformer blocks.
    public var layerCount: Int
    /// Attention heads per block.
    public var headCount: Int
    /// Channels inside the feed-forward.
    public var intermediateSize: Int
    /// The activation of the feed-forward; only `gelu` is known.
    public var activation = "gelu"
    /// Added to variances.
    public var layerNormEpsilon: Float = 1e-12
    /// Standard deviation of initial weights.
    public var initializerRange: Float = 0.02
    /// Rows of the classifier.
    public var labelCount = 2

    /// The sizes of a block.
    var block: BlockExtents {
        BlockExtents(
            hiddenSize: hiddenSize, headCount: headCount, intermediateSize: intermediateSize,
            epsilon: layerNormEpsilon, initializer: .normal(deviation: Double(initializerRange)))
    }

    /// Collects what is wrong or unknown.
    func check<Key: TextShapeKey>(_ keys: Key.Type, into faults: inout ConfigurationFaults) {
        let name = keys.hiddenSize.stringValue
        faults.require(
            activation == "gelu",
            "\(keys.activation.stringValue) is \"\(activation)\"; only \"gelu\" is known")
        faults.bound(keys.vocabularySize.stringValue, vocabularySize, by: 10_000_000)
        faults.bound(name, hiddenSize, by: 16_384)
        faults.bound(keys.layerCount.stringValue, layerCount, by: 512)
        faults.bound(keys.headCount.stringValue, headCount, by: 1024)
        faults.bound(keys.intermediateSize.stringValue, intermediateSize, by: 65_536)
        faults.bound("the number of labels", labelCount, by: 1_000_000)
        faults.multiple(name, hiddenSize, of: keys.headCount.stringValue, headCount)
        faults.epsilon(keys.layerNormEpsilon.stringValue, layerNormEpsilon)
    }

    /// Reads the shape from a `config.json`.
    mutating func read<Key: TextShapeKey>(
        from container: KeyedDecodingContainer<Key>, _ decoder: any Decoder
    ) throws {
        try container.read(.vocabularySize, into: &vocabularySize)
        try container.read(.hiddenSize, into: &hiddenSize)
        try container.read(.layerCount, into: &layerCount)
        try container.read(.headCount, into: &headCount)
        try container.read(.intermediateSize, into: &intermediateSize)
        try container.read(.activation, into: &activation)
        try container.read(.layerNormEpsilon, into: &layerNormEpsilon)
        try container.read(.initializerRange, into: &initializerRange)
        labelCount = try LabelCount(from: decoder).count ?? labelCount
    }
}

/// A text model's keys for its shape in its `config.json`.
protocol TextShapeKey: CodingKey {
    static var vocabularySize: Self { get }
    static var hiddenSize: Self { get }
    static var layerCount: Self { get }
    static var headCount: Self { get }
    static var intermediateSize: Self { get }
    static var activation: Self { get }
    static var layerNormEpsilon: Self { get }
    static var initializerRange: Self { get }
}

/// The number of labels in a `config.json`: transformers writes `id2label` unless there are two.
private struct LabelCount: Decodable {
    let count: Int?

    enum CodingKeys: String, CodingKey {
        case names = "id2label"
        case number = "num_labels"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let names = try container.decodeIfPresent([String: String].self, forKey: .names) {
            count = names.count
        } else {
            count = try container.decodeIfPresent(Int.self, forKey: .number)
        }
    }
}
