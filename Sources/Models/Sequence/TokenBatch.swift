public import Tensors

/// Text examples as read by a model: packed token ids, including special tokens.
public struct TokenBatch: Sendable, Hashable {
    /// The concatenated ids of all examples.
    public let tokens: [Int]
    /// The segment of each token: 0 and 1 for the texts of a pair, 2 for XLNet's `<cls>`.
    public let segments: [Int]
    /// The rows of each example.
    public let packing: PackedRows

    /// A batch of examples, each with its ids and segments.
    public init(_ examples: [(tokens: [Int], segments: [Int])]) {
        for example in examples {
            precondition(
                example.tokens.count == example.segments.count && !example.tokens.isEmpty,
                "an example of \(example.tokens.count) tokens, \(example.segments.count) segments")
        }
        tokens = examples.flatMap(\.tokens)
        segments = examples.flatMap(\.segments)
        packing = PackedRows(lengths: examples.map(\.tokens.count))
    }

    /// The first token of each example.
    var firstRows: [Int] { (0..<packing.count).map { packing[$0].lowerBound } }
    /// The last token of each example.
    var lastRows: [Int] { (0..<packing.count).map { packing[$0].upperBound - 1 } }
    /// The position of each token in its example.
    var positions: [Int] { (0..<packing.count).flatMap { Array(0..<packing.length($0)) } }
}

/// What may be added to the pool besides the blocks' projections.
public struct PrunableExtras: OptionSet, Sendable, Hashable {
    /// One bit each.
    public let rawValue: Int

    /// The extras of these bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The projection of the summarising token: BERT's pooler, XLNet's summary.
    public static let pooler = PrunableExtras(rawValue: 1)
    /// The embeddings of tokens, positions and segments.
    public static let embeddings = PrunableExtras(rawValue: 2)
    /// XLNet's projection of relative positions.
    public static let relativePositions = PrunableExtras(rawValue: 4)

    /// The role of parameters that are in the pool only with an extra.
    func role(_ extra: PrunableExtras, layer: Int? = nil) -> ParameterRole {
        contains(extra) ? .prunable(layer: layer, kind: .other) : .kept
    }
}
