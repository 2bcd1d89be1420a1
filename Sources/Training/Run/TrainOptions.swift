/// Options of `parp train` or `parp pretrain`.
package struct TrainOptions: Sendable {
    /// The recipe file.
    package var recipe: String
    /// Changes of the recipe, each `section.key=value`.
    package var overrides: [String]
    /// The run directory; nil makes one in `runs/`, named after the recipe.
    package var output: String?
    /// Whether to resume the existing run.
    package var resume: Bool
    /// Faults to inject, each `ACTION@key=value:key=value`.
    package var injections: [String]
    /// Whether each rank's machine and processors are reported at the start.
    package var reportsBindings = false
    /// A file for what every rank did when, for Chrome's trace viewer; nil writes none.
    package var trace: String?
    /// Whether only warnings and the end are printed.
    package var isQuiet = false
    /// Whether TensorBoard gets histograms of the weights at each evaluation.
    package var writesHistograms = false

    /// Whether the number of updates is overridden, so that a run can be lengthened.
    var statesUpdates: Bool { overrides.contains { $0.hasPrefix("schedule.updates=") } }

    /// What to train, and where to write it.
    package init(
        recipe: String, overrides: [String] = [], output: String? = nil, resume: Bool = false,
        injections: [String] = []
    ) {
        self.injections = injections
        self.recipe = recipe
        self.overrides = overrides
        self.output = output
        self.resume = resume
    }
}
