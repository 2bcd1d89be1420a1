/// The source of the first mask.
public enum InitialMask: Sendable, Equatable {
    /// The method's own: magnitudes, or `random` for random pruning.
    case automatic
    /// The smallest magnitudes of the weights that the run starts from.
    case magnitude
    /// Weights drawn uniformly.
    case random
    /// The smallest magnitudes of a randomly initialised model: the authors' random pruning.
    case randomModel
    /// A mask in any format that `parp mask` reads: from an earlier run, another language, another tool.
    case file(String)

    /// The names in recipes, except for files.
    public static let names: [(String, InitialMask)] = [
        ("auto", .automatic), ("magnitude", .magnitude), ("random", .random), ("random_model", .randomModel),
    ]

    /// Parses a text: one of `names`, or else a file.
    public init(_ text: String) { self = Self.names.first { $0.0 == text }?.1 ?? .file(text) }

    /// The name in recipes, or the path.
    public var text: String {
        if case .file(let path) = self { return path }
        return Self.names.first { $0.1 == self }?.0 ?? ""
    }
}
