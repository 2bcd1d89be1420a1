internal import ArgumentParser
internal import Training

/// Options of the commands that run a recipe.
struct RunArguments: ParsableArguments {
    @Argument(help: "The recipe, a TOML file.")
    var recipe: String

    @OptionGroup var changes: RecipeChanges

    @Option(name: .shortAndLong, help: "The run directory (default: runs/RECIPE).")
    var output: String?

    @Flag(help: "Resume the run in the directory from its newest checkpoint.")
    var resume = false

    @Option(
        name: .customLong("inject"),
        help: ArgumentHelp(
            "Inject a fault, to see how the run copes, e.g. kill@rank=1:step=7; may be repeated "
                + "(docs/reliability.md).", valueName: "action@key=value:…"))
    var injections: [String] = []

    @Flag(help: "Report at the start which processors each rank may use.")
    var reportBindings = false

    @Flag(name: .shortAndLong, help: "Print only warnings and how the run ends.")
    var quiet = false

    @Flag(help: "Write histograms of the kept weights for TensorBoard, at each evaluation.")
    var histograms = false

    @Option(help: "Write a trace of every rank, for chrome://tracing or Perfetto.")
    var trace: String?

    /// The arguments as options of a run.
    var options: TrainOptions {
        var options = TrainOptions(
            recipe: recipe, overrides: changes.overrides, output: output, resume: resume,
            injections: injections)
        options.reportsBindings = reportBindings
        options.trace = trace
        options.isQuiet = quiet
        options.writesHistograms = histograms
        return options
    }
}
