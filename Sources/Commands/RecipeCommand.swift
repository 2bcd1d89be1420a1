internal import Recipe
internal import Session
internal import Training

/// Prints a recipe with all its keys, or the reference of all keys.
func runRecipe(_ options: RecipeReference, session: Session) throws {
    let text = try session.together {
        if options.markdown { return Recipe.reference }
        guard let path = options.recipe else {
            return try Recipe(
                text: "", overrides: options.kind.overrides, path: "the default recipe",
                task: options.kind.task
            ).toml
        }
        return try Recipe(pathOrPreset: path, overrides: options.kind.overrides, task: options.kind.task).toml
    }
    if session.isRoot { print(text, terminator: "") }
}
