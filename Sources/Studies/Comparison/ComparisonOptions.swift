/// Options of `parp compare`.
package struct ComparisonOptions: Sendable {
    /// The recipe of all runs.
    package var recipe: String
    /// Changes of the recipe, each `section.key=value`.
    package var overrides: [String] = []
    /// Changes only for the rounds of iterative pruning.
    package var roundOverrides: [String] = []
    /// The methods' names.
    package var methods: [String]
    /// Shares of the pool to prune.
    package var sparsities: [Double]
    /// Seeds; if empty, the recipe's.
    package var seeds: [Int] = []
    /// Languages, each `NAME=FOLDER` with `train.jsonl` and `valid.jsonl` in the folder; if empty, the
    /// recipe's data.
    package var data: [String] = []
    /// Learning rates to try with each method at each sparsity; if empty, the recipe's.
    package var learningRates: [Double] = []
    /// Labelled data to test final models on, instead of the validation set; with languages, a file name in
    /// their folders.
    package var test: String?
    /// Whether single-run methods are also run with the updates of OMP's two runs.
    package var hasEqualCost = false
    /// Methods that are also run in every language with the OMP mask of every other.
    package var transfers: [String] = []
    /// Finished comparisons whose methods this one's are also compared with, each `NAME=FOLDER`.
    package var beside: [String] = []
    /// The folder of the runs and of the comparison.
    package var output: String
    /// Whether to run nothing, and compare existing runs.
    package var onlyReports = false

    /// What to compare, and where to write it.
    package init(recipe: String, methods: [String], sparsities: [Double], output: String) {
        self.recipe = recipe
        self.methods = methods
        self.sparsities = sparsities
        self.output = output
    }
}
