internal import Batching
internal import Foundation
internal import JSON
internal import Kernels
package import Recipe
package import Session
internal import Training

/// What `parp plan` was asked for.
package struct PlanOptions: Sendable {
    /// The recipe that is to run.
    package var recipe: String
    /// Changes of the recipe: `section.key=value` each.
    package var overrides: [String]
    /// The command that the recipe is for.
    package var task: TaskKind?
    /// Ranks.
    package var ranks: Int
    /// Ranks of a node; nil takes one node.
    package var ranksPerNode: Int?
    /// Whether to print one JSON object on one line.
    package var json: Bool

    /// A look ahead at a run on so many ranks.
    package init(
        recipe: String, overrides: [String] = [], task: TaskKind? = nil, ranks: Int,
        ranksPerNode: Int? = nil, json: Bool = false
    ) {
        self.task = task
        self.recipe = recipe
        self.overrides = overrides
        self.ranks = ranks
        self.ranksPerNode = ranksPerNode
        self.json = json
    }
}

/// Says what a run will take, before anything is allocated for it.
package func runPlan(_ options: PlanOptions, session: Session) throws {
    let recipe = try session.together {
        try Recipe(path: options.recipe, overrides: options.overrides, task: options.task)
    }
    guard !TaskKind.text.contains(recipe.task) else {
        return try session.together {
            guard session.isRoot else { return }
            try requirePaths(recipe)
            let forecast = try TextForecast(
                recipe, ranks: options.ranks, ranksPerNode: options.ranksPerNode ?? options.ranks)
            print(options.json ? forecast.json.line : forecast.text)
        }
    }
    let report = try session.together { () -> PlanReport? in
        guard session.isRoot else { return nil }
        let forecast = try RunForecast(
            recipe: options.recipe, overrides: options.overrides, task: options.task,
            ranks: options.ranks, ranksPerNode: options.ranksPerNode ?? options.ranks)
        return PlanReport(forecast: forecast, productSpeed: measuredSpeed(forecast))
    }
    guard let report else { return }
    print(options.json ? report.json.line : report.text)
}

/// How fast this machine multiplies what the run will multiply, in operations a second of one rank.
private func measuredSpeed(_ forecast: RunForecast) -> Double? {
    guard unavailability(of: forecast.precision) == nil else { return nil }
    setMathThreads(forecast.threads)
    // A mean update's share of a rank, in pieces that a cache does not hold.
    let seconds = forecast.audioSeconds * forecast.epochs / Double(max(1, forecast.updates * forecast.ranks))
    return LargestProduct(
        forecast.configuration, batches: [[min(60, max(1, seconds))]], ranks: 1, forecast.precision
    ).measure()
}
