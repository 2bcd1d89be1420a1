/// What `parp train` or `parp pretrain` was asked for.
package struct TrainOptions: Sendable {
    /// The recipe file.
    package var recipe: String
    /// Changes of the recipe: `section.key=value` each.
    package var overrides: [String]
    /// The run directory; nil makes one below `runs/`, named after the recipe.
    package var output: String?
    /// Whether to go on with the run that is there.
    package var resume: Bool
    /// Faults that are to happen: `ACTION@key=value:key=value` each.
    package var injections: [String]
    /// Whether each rank's machine and processors are reported at the start.
    package var reportsBindings = false
    /// A file for what every rank did when, for Chrome's trace viewer; nil writes none.
    package var trace: String?
    /// Whether nothing is said that is neither a warning nor the end.
    package var isQuiet = false
    /// Whether TensorBoard is told at each evaluation how weights are spread.
    package var writesHistograms = false

    /// Whether the number of updates is stated anew, so that a run can be lengthened.
    var statesUpdates: Bool { overrides.contains { $0.hasPrefix("schedule.updates=") } }

    /// What to train, and where to.
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
