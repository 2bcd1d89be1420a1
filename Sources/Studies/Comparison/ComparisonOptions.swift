/// Options of `parp compare`.
package struct ComparisonOptions: Sendable {
    /// The recipe that all runs follow.
    package var recipe: String
    /// Changes of the recipe: `section.key=value` each.
    package var overrides: [String] = []
    /// Changes for the rounds of iterative pruning alone.
    package var roundOverrides: [String] = []
    /// The methods' names.
    package var methods: [String]
    /// Shares of the pool that are pruned.
    package var sparsities: [Double]
    /// Seeds; none takes the recipe's.
    package var seeds: [Int] = []
    /// `NAME=FOLDER` each: a language and the folder of its `train.jsonl` and `valid.jsonl`; none takes the
    /// recipe's data.
    package var data: [String] = []
    /// Learning rates to try with each method at each sparsity; none takes the recipe's.
    package var learningRates: [Double] = []
    /// Labelled data to judge final models by, instead of the validation set; where languages are given, a file's name in their folders.
    package var test: String?
    /// Whether methods of one run are also run with the updates of OMP's two.
    package var hasEqualCost = false
    /// Methods that are also run in every language with the OMP mask of every other.
    package var transfers: [String] = []
    /// The folder of the runs and of what they are compared by.
    package var output: String
    /// Whether to compare what is there, and run nothing.
    package var onlyReports = false

    /// What to compare, and where to.
    package init(recipe: String, methods: [String], sparsities: [Double], output: String) {
        self.recipe = recipe
        self.methods = methods
        self.sparsities = sparsities
        self.output = output
    }
}
