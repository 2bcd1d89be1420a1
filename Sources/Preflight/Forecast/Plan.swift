internal import Batching
internal import Foundation
internal import JSON
internal import Kernels
internal import Program
package import Recipe
package import Session
internal import Tasks
internal import Training

/// Options of `parp plan`.
package struct PlanOptions: Sendable {
    /// The recipe to be run.
    package var recipe: String
    /// Changes of the recipe, each `section.key=value`.
    package var overrides: [String]
    /// The command that the recipe is for.
    package var task: TaskKind?
    /// Ranks.
    package var ranks: Int
    /// Ranks per node; nil for a single node.
    package var ranksPerNode: Int?
    /// Hours of speech to plan for if the recipe's corpus is missing; nil requires it, or a preset's name.
    package var hours: Double?
    /// Whether to print one JSON object on one line.
    package var json: Bool

    /// A plan of a run on a number of ranks.
    package init(
        recipe: String, overrides: [String] = [], task: TaskKind? = nil, ranks: Int,
        ranksPerNode: Int? = nil, hours: Double? = nil, json: Bool = false
    ) {
        self.hours = hours
        self.task = task
        self.recipe = recipe
        self.overrides = overrides
        self.ranks = ranks
        self.ranksPerNode = ranksPerNode
        self.json = json
    }
}

/// Reports what a run will take, before anything is allocated for it.
package func runPlan(_ options: PlanOptions, session: Session) throws {
    let text = try session.together { () -> String? in
        guard session.isRoot else { return nil }
        let recipe = try Recipe(
            pathOrPreset: options.recipe, overrides: options.overrides, task: options.task)
        return try plan(recipe, options)
    }
    if let text { print(text) }
}

private func plan(_ recipe: Recipe, _ options: PlanOptions) throws -> String {
    try requirePaths(recipe)
    guard recipe.task.plannedSpeechTask != nil else {
        let forecast = try TextForecast(
            recipe, ranks: options.ranks, ranksPerNode: options.ranksPerNode ?? options.ranks)
        return options.json ? forecast.json.line : forecast.text
    }
    let preset = RecipePreset.named(options.recipe)
    let assumptions = PlanAssumptions(shape: preset?.shape, hours: options.hours ?? preset?.hours)
    let missing = [recipe.data.train, recipe.data.valid].filter(isMissing)
    guard missing.isEmpty || assumptions.hours != nil else {
        throw UserError(
            .data,
            "\(missing.joined(separator: ", ")): no such file or folder; `--hours H` plans for H hours of speech "
                + "without it")
    }
    let forecast = try RunForecast(
        recipe: recipe, ranks: options.ranks, ranksPerNode: options.ranksPerNode ?? options.ranks,
        assuming: assumptions)
    let report = PlanReport(forecast: forecast, productSpeed: measuredSpeed(forecast))
    return options.json ? report.json.line : report.text
}

/// This machine's speed at the run's products, in operations per second of one rank.
func measuredSpeed(_ forecast: RunForecast) -> Double? {
    guard unavailability(of: forecast.precision) == nil else { return nil }
    setMathThreads(forecast.threads)
    // A rank's share of a mean update, in pieces larger than the cache.
    let seconds = forecast.audioSeconds * forecast.epochs / Double(max(1, forecast.updates * forecast.ranks))
    return LargestProduct(
        forecast.configuration, batches: [[min(60, max(1, seconds))]], ranks: 1, forecast.precision
    ).measure()
}
