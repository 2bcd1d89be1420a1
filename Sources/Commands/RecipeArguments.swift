internal import ArgumentParser
internal import Recipe

/// `--set`, an option of every command that reads a recipe.
struct RecipeChanges: ParsableArguments {
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Change a key of the recipe; may be repeated.", valueName: "section.key=value"))
    var overrides: [String] = []
}

/// Options of commands that inspect a recipe of either kind without running it.
struct RecipeKind: ParsableArguments {
    @OptionGroup var changes: RecipeChanges

    @Flag(help: "The recipe is for `parp pretrain`, not `parp train`.")
    var pretrain = false

    /// The changes, in the order given.
    var overrides: [String] { changes.overrides }

    /// What the recipe is for.
    var task: TaskKind? { pretrain ? .pretrain : nil }
}
