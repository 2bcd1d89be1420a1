/// What `parp compare` was asked for.
public struct ComparisonOptions: Sendable {
    /// The recipe that all runs follow.
    public var recipe: String
    /// Changes of the recipe: `section.key=value` each.
    public var overrides: [String] = []
    /// Changes for the rounds of iterative pruning alone.
    public var roundOverrides: [String] = []
    /// The methods' names.
    public var methods: [String]
    /// Shares of the pool that are pruned.
    public var sparsities: [Double]
    /// Seeds; none takes the recipe's.
    public var seeds: [Int] = []
    /// `NAME=FOLDER` each: a language and the folder of its `train.jsonl` and `valid.jsonl`; none takes the
    /// recipe's data.
    public var data: [String] = []
    /// Methods that are also run in every language with the OMP mask of every other.
    public var transfers: [String] = []
    /// The folder of the runs and of what they are compared by.
    public var output: String
    /// Whether to compare what is there, and run nothing.
    public var onlyReports = false

    /// What to compare, and where to.
    public init(recipe: String, methods: [String], sparsities: [Double], output: String) {
        self.recipe = recipe
        self.methods = methods
        self.sparsities = sparsities
        self.output = output
    }
}
