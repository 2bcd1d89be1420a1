internal import Recipe
internal import Session
internal import Training

/// Options of `parp recipe`.
struct RecipeOptions: Sendable {
    /// The recipe file; nil takes the defaults.
    var recipe: String?
    /// Changes of the recipe, each `section.key=value`.
    var overrides: [String]
    /// The command that the recipe is for.
    var task: TaskKind?
    /// Whether to print the reference of all keys instead.
    var markdown: Bool

    /// Which recipe to print, and how.
    init(
        recipe: String? = nil, overrides: [String] = [], task: TaskKind? = nil,
        markdown: Bool = false
    ) {
        self.recipe = recipe
        self.overrides = overrides
        self.task = task
        self.markdown = markdown
    }
}

/// Prints a recipe with all its keys, or the reference of all keys.
func runRecipe(_ options: RecipeOptions, session: Session) throws {
    let text = try session.together {
        if options.markdown { return Recipe.reference }
        guard let path = options.recipe else {
            return try Recipe(
                text: "", overrides: options.overrides, path: "the default recipe", task: options.task
            ).toml
        }
        return try Recipe(pathOrPreset: path, overrides: options.overrides, task: options.task).toml
    }
    if session.isRoot { print(text, terminator: "") }
}
