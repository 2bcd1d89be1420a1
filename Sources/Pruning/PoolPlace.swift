/// Which projection of a Transformer block a parameter belongs to, in the order in which the pool has them.
public enum ProjectionKind: String, Sendable, CaseIterable {
    /// Keys of attention.
    case key = "k"
    /// Values of attention.
    case value = "v"
    /// Queries of attention.
    case query = "q"
    /// Attention's output.
    case output = "out"
    /// The first feed-forward layer.
    case firstFeedForward = "fc1"
    /// The second feed-forward layer.
    case secondFeedForward = "fc2"
    /// Anything else.
    case other

    /// The kind of a module by its name in Hugging Face's or fairseq's models.
    init(module: some StringProtocol) {
        switch module {
        case "k_proj": self = .key
        case "v_proj": self = .value
        case "q_proj": self = .query
        case "out_proj": self = .output
        case "intermediate_dense", "fc1": self = .firstFeedForward
        case "output_dense", "fc2": self = .secondFeedForward
        default: self = .other
        }
    }
}

/// Where in the network a parameter of the pool stands, as its name says.
public struct PoolPlace: Sendable, Hashable, Comparable {
    /// The Transformer block, counted from 0; nil if the name has none.
    public let layer: Int?
    /// The projection.
    public let kind: ProjectionKind
    /// Whether it is a bias.
    public let isBias: Bool
    private let name: String

    /// The place of `….layers.3.attention.k_proj.weight`: block 3, keys.
    public init(_ name: String) {
        let parts = name.split(separator: ".")
        let marker = parts.firstIndex { $0 == "layers" }
        layer = marker.flatMap { $0 + 1 < parts.count ? Int(parts[$0 + 1]) : nil }
        kind = ProjectionKind(module: parts.dropLast().last ?? "")
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
