/// What the first mask is made from.
public enum InitialMask: Sendable, Equatable {
    /// What the method is defined by: magnitudes, or `random` for random pruning.
    case automatic
    /// The smallest magnitudes of the weights that the run starts from.
    case magnitude
    /// Weights drawn uniformly.
    case random
    /// The smallest magnitudes of a randomly initialised model: the authors' random pruning.
    case randomModel
    /// A mask of any kind that `parp mask` reads: of an earlier run, another language, another tool.
    case file(String)

    /// The names that recipes have for all but files.
    public static let names: [(String, InitialMask)] = [
        ("auto", .automatic), ("magnitude", .magnitude), ("random", .random), ("random_model", .randomModel),
    ]

    /// What a text names: one of `names`, or else a file.
    public init(_ text: String) { self = Self.names.first { $0.0 == text }?.1 ?? .file(text) }

    /// The name in recipes, or the path.
    public var text: String {
        if case .file(let path) = self { return path }
        return Self.names.first { $0.1 == self }?.0 ?? ""
    }
}
