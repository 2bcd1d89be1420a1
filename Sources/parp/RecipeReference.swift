internal import ArgumentParser
internal import Training

/// `parp recipe`.
struct RecipeReference: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipe",
        abstract:
            "Print a recipe whole: every key with its value and meaning; the defaults without a RECIPE.",
        discussion: "Checks the recipe as `parp train` does, without looking at data or model.")

    @Argument(help: "A recipe, a TOML file.")
    var recipe: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Change a key of the recipe; may be given often.", valueName: "section.key=value"))
    var overrides: [String] = []

    @Flag(help: "The recipe is for `parp pretrain`, not `parp train`.")
    var pretrain = false

    @Flag(help: "Print the reference of all keys in Markdown instead: docs/recipe.md.")
    var markdown = false

    func run() {
        let options = RecipeOptions(
            recipe: recipe, overrides: overrides,
            purpose: pretrain ? .preTraining : .fineTuning, markdown: markdown)
        launch { try runRecipe(options, session: $0) }
    }
}
