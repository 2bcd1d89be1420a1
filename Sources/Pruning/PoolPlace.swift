public import Tensors

extension ProjectionKind {
    /// The kind of a module, by the parts of its name in Hugging Face's or fairseq's models.
    init(module parts: some BidirectionalCollection<Substring>) {
        switch parts.last {
        case "k_proj", "key", "k": self = .key
        case "v_proj", "value", "v": self = .value
        case "q_proj", "query", "q": self = .query
        case "out_proj", "o": self = .output
        case "intermediate_dense", "fc1", "layer_1": self = .firstFeedForward
        case "output_dense", "fc2", "layer_2": self = .secondFeedForward
        // BERT's: `attention.output.dense`, `intermediate.dense` and `output.dense`.
        case "dense":
            switch Array(parts.suffix(3).dropLast()) {
            case ["attention", "output"]: self = .output
            case let outer where outer.last == "intermediate": self = .firstFeedForward
            case let outer where outer.last == "output": self = .secondFeedForward
            default: self = .other
            }
        default: self = .other
        }
    }
}

/// The place of a pool parameter in the network, from its name in another program's file: our own networks
/// register their parameters with roles.
public struct PoolPlace: Sendable, Hashable, Comparable {
    /// The Transformer block, counted from 0; nil if the name has none.
    public let layer: Int?
    /// The projection.
    public let kind: ProjectionKind
    /// Whether it is a bias.
    public let isBias: Bool
    private let name: String

    /// The role of a parameter at this place.
    public var role: ParameterRole { .prunable(layer: layer, kind: kind) }

    /// The place of `….layers.3.attention.k_proj.weight`: block 3, keys.
    public init(_ name: String) {
        let parts = name.split(separator: ".")
        let marker = parts.firstIndex { $0 == "layers" || $0 == "layer" }
        layer = marker.flatMap { $0 + 1 < parts.count ? Int(parts[$0 + 1]) : nil }
        // XLNet's projections are not modules, and do not end in `weight`.
        let isLeaf = parts.last == "weight" || parts.last == "bias"
        kind = ProjectionKind(module: isLeaf ? parts.dropLast() : parts[...])
        isBias = parts.last == "bias"
        self.name = name
    }

    /// The order of the pool: block after block, the kinds in their order, a weight before its bias.
    public static func < (left: PoolPlace, right: PoolPlace) -> Bool { left.order < right.order }

    private var order: (Int, Int, Int, String) {
        (
            layer ?? .max, ProjectionKind.allCases.firstIndex(of: kind) ?? 0, isBias ? 1 : 0,
            name
        )
    }
}
