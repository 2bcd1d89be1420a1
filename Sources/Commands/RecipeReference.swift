internal import ArgumentParser
internal import Session
internal import Training

/// `parp recipe`.
struct RecipeReference: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipe",
        abstract:
            "Print a full recipe: every key with its value and meaning; the defaults without a RECIPE.",
        discussion: "Checks the recipe as `parp train` does, without reading data or model.")

    @Argument(help: "A recipe, a TOML file.")
    var recipe: String?

    @OptionGroup var kind: RecipeKind

    @Flag(help: "Print the reference of all keys in Markdown instead: docs/recipe.md.")
    var markdown = false

    func run() { launch { try runRecipe(self, session: $0) } }
}
