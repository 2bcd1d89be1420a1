internal import ArgumentParser
internal import Training

/// What the commands take that make a run of a recipe.
struct RunArguments: ParsableArguments {
    @Argument(help: "The recipe, a TOML file.")
    var recipe: String

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Change a key of the recipe; may be given often.", valueName: "section.key=value"))
    var overrides: [String] = []

    @Option(help: "The run directory (default: runs/RECIPE).")
    var output: String?

    @Flag(help: "Go on with the run in the directory, from its newest checkpoint.")
    var resume = false

    @Flag(help: "Say at the start which processors each rank may use.")
    var reportBindings = false

    @Option(help: "Write what every rank did when, for chrome://tracing or Perfetto.")
    var trace: String?

    /// The arguments as the commands take them.
    var options: TrainOptions {
        var options = TrainOptions(recipe: recipe, overrides: overrides, output: output, resume: resume)
        options.reportsBindings = reportBindings
        options.trace = trace
        return options
    }
}
