internal import Foundation
internal import MaskFiles
package import Recipe
package import Reports
internal import Tensors

extension RunDirectory {
    /// The utterances that the last evaluated model erred most in.
    package var worst: String { path + "/worst.json" }

    /// The history in the run's log so far.
    package func history(outline: ReportOutline) -> RunHistory {
        RunHistory(name: (path as NSString).lastPathComponent, metrics: metrics, outline: outline)
    }

    /// The page of a run up to its latest update.
    ///
    /// - Parameter page: Where it will lie; nil is in the run's folder.
    package func makeReport(
        _ recipe: Recipe, outline: ReportOutline, page: String? = nil
    ) -> RunReport {
        let defaults = Recipe(for: recipe.task)
        var report = RunReport(
            history: history(outline: outline), recipe: self.recipe, environment: environment,
            changes: RecipeKey.all(for: recipe.task).filter { $0.get(recipe) != $0.get(defaults) }
                .map { (key: $0.path, value: $0.get(recipe).toml) })
        report.layers = layers(includesBiases: recipe.pruning.includeBiases)
        report.worst = WorstUtterances(path: worst)
        report.folder = page.map { ($0 as NSString).deletingLastPathComponent } ?? path
        return report
    }

    /// How the last mask's sparsity is spread over blocks and kinds of projections; nil without a mask.
    private func layers(includesBiases: Bool) -> HeatMap? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path + "/masks")) ?? []
        let updates = names.compactMap { name in
            name.hasPrefix("step-") && name.hasSuffix(".safetensors")
                ? Int(name.dropFirst(5).dropLast(12)) : nil
        }
        guard let last = updates.max(),
            let stored = try? StoredMask.load(mask(last), includesBiases: includesBiases)
        else { return nil }
        let statistics = MaskStatistics(stored.mask, pool: stored.pool)
        return HeatMap(
            title: "Pruned weights by block and kind after update \(last), %", rowTitle: "block",
            columnTitle: "projection",
            rows: statistics.layers.map { $0.number.map { String($0) } ?? "none" } + ["all"],
            columns: statistics.kinds.map(\.rawValue) + ["all"],
            values: (statistics.layers + [statistics.whole]).map { layer in
                statistics.kinds.map { layer.kinds[$0].map { 100 * $0.sparsity } } + [
                    100 * layer.all.sparsity
                ]
            },
            format: "%.1f", range: nil)
    }
}
