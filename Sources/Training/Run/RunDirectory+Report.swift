internal import Foundation
package import Recipe
package import Reports

extension RunDirectory {
    /// The history in the run's log so far.
    package func history(outline: ReportOutline) -> RunHistory {
        RunHistory(name: (path as NSString).lastPathComponent, metrics: metrics, outline: outline)
    }

    /// The page of a run up to its latest update.
    package func makeReport(_ recipe: Recipe, outline: ReportOutline) -> RunReport {
        let defaults = Recipe(for: recipe.task)
        return RunReport(
            history: history(outline: outline), recipe: self.recipe, environment: environment,
            changes: RecipeKey.all(for: recipe.task).filter { $0.get(recipe) != $0.get(defaults) }
                .map { (key: $0.path, value: $0.get(recipe).toml) })
    }
}
