internal import Foundation
internal import Pruning
internal import Recipe
internal import Reports

extension ComparisonReport {
    /// The page of a comparison.
    func markdown(plots: [String]) -> String {
        let missing = table.missing > 0 ? ["\(table.missing) subnetworks are still missing.", ""] : []
        let changes = comparison.options.overrides.map { " --set \($0)" }.joined()
        var lines = ["# Comparison", "", "`\(comparison.options.recipe)`\(changes)", ""]
        lines +=
            missing + errorTables + [
                "",
                judgedBy
                    + " ± is the standard deviation over seeds. Runs, updates and the rest are the cost of one subnetwork: the dense run "
                    + "counts for OMP, the rounds for IMP. FLOP by the shapes of products and convolutions; bytes are what each "
                    + "rank contributed to sums of gradients.", "",
            ]
        lines +=
            trialTable + differenceTables + equalCostTables + totalTable + languageTable + transferTables
            + maskTables
        lines += plots.map { "![\($0)](\($0).svg)" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What the final models were evaluated on, and what was selected on it.
    private var judgedBy: String {
        let tests = comparison.data.compactMap(\.test)
        let chosen = comparison.trials.isEmpty ? "" : "; learning rates were chosen on the validation set"
        if let test = tests.first {
            let others = tests.count > 1 ? " and the like" : ""
            return
                "Numbers are those of the final model on `\(test)`\(others), on which nothing was selected\(chosen)."
        }
        return comparison.trials.isEmpty
            ? "Numbers are those of the final model on the recipe's validation set, on which nothing was selected."
            : "Numbers are those of the final model on the recipe's validation set, on which learning rates were also chosen: "
                + "they are optimistic (--test evaluates on other data)."
    }

    /// A table for each language.
    var errorTables: [String] {
        comparison.data.flatMap { data -> [String] in
            let rows = table.rows(of: data.name).map { row -> [String] in
                let cost = row.cost
                return [row.method.rawValue, percent(row.sparsity)]
                    + (comparison.trials.isEmpty ? [] : [rate(row)])
                    + task.metrics.map { metric in
                        row.spread { $0.value(of: metric) }.text(times: metric.scale)
                    } + [
                        row.drift?.text(decimals: 3) ?? "", "\(cost.runs)", "\(cost.updates)",
                        String(format: "%.3g", cost.operations / 1e15),
                        String(format: "%.3g", cost.gradientBytes / 1e9),
                        String(format: "%.3g", cost.allCoreSeconds / 3600),
                    ]
            }
            guard !rows.isEmpty else { return [] }
            let heads =
                ["method", "sparsity, %"] + (comparison.trials.isEmpty ? [] : ["learning rate"])
                + task.metrics.map(\.heading) + [
                    "IOU with the first mask", "runs", "updates", "PFLOP", "GB summed", "core-hours",
                ]
            return (data.name.isEmpty ? [] : ["## \(data.name)", ""]) + markdownTable(heads, rows) + [""]
        }
    }

    /// The cost of each method for all of its subnetworks.
    private var totalTable: [String] {
        let phases = RunCost.Phase.allCases
        let rows = totals.map { total in
            [
                total.method.rawValue, "\(total.subnetworks)", "\(total.cost.runs)", "\(total.cost.updates)",
                String(format: "%.3g", total.cost.operations / 1e15),
                String(format: "%.3g", total.cost.gradientBytes / 1e9),
                String(format: "%.0f", total.cost.maskBytes),
                String(format: "%.0f", total.cost.allCoreSeconds),
            ] + phases.map { String(format: "%.0f", total.cost.coreSeconds[$0] ?? 0) }
        }
        let heads =
            ["method", "subnetworks", "runs", "updates", "PFLOP", "GB summed", "mask bytes", "core-seconds"]
            + phases.map(\.rawValue)
        return [
            "## Cost of each method for all of its subnetworks", "",
            "Shared runs are counted once. Core-seconds by phase: seconds of rank 0 times all cores.",
            "",
        ] + markdownTable(heads, rows) + [""]
    }

    /// Error rates of each language, if one model recognises several.
    private var languageTable: [String] {
        let joint = table.rows.filter { $0.source == nil && !($0.entries[0].record.languages.isEmpty) }
        let names = Set(joint.flatMap { $0.entries.flatMap(\.record.languages.keys) }).sorted()
        guard !names.isEmpty else { return [] }
        let rows = joint.map { row in
            [row.method.rawValue, percent(row.sparsity)]
                + names.map { name in
                    let errors = row.entries.compactMap { $0.record.languages[name] }
                    return Spread(values: errors.compactMap { $0[metric.name] }).text(times: metric.scale)
                }
        }
        return ["## One model, each language: \(metric.heading)", ""]
            + markdownTable(["method", "sparsity, %"] + names, rows) + [""]
    }

    /// A matrix of source and target for each method and sparsity.
    private var transferTables: [String] {
        transferGroups.flatMap { group -> [String] in
            let rows = zip(group.names, group.spreads).map { name, spreads in
                [name] + spreads.map { $0?.text(times: metric.scale) ?? "" }
            }
            return [
                "## \(group.title): \(metric.heading)", "", "Rows: source of the mask; columns: language.",
                "",
            ]
                + markdownTable(["mask of"] + group.names, rows) + [""]
        }
    }

    /// Tables of how masks agree.
    private var maskTables: [String] {
        func tables(_ groups: [ComparisonMasks.Group], _ title: String) -> [String] {
            groups.flatMap { group -> [String] in
                let rows = zip(group.labels, group.agreement).map { label, row in
                    [label] + row.map { String(format: "%.4f", $0) }
                }
                return [
                    "## IOU of final masks, \(title) \(group.title)", "",
                    String(format: "Unrelated masks would have %.4f.", group.chance), "",
                ] + markdownTable([""] + group.labels, rows) + [""]
            }
        }
        return tables(masks.methods, "methods,") + tables(masks.languages, "languages,")
    }

    func percent(_ sparsity: Double) -> String { String(format: "%g", 100 * sparsity) }
}

/// Lines of a table: words in the first column, numbers in the others.
func markdownTable(_ heads: [String], _ rows: [[String]]) -> [String] {
    TextTable([.left(heads[0])] + heads.dropFirst().map { .right($0) }, rows: rows).markdown
}
