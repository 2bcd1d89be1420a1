internal import Foundation
internal import Pruning
internal import Recipe
internal import Reports

extension ComparisonReport {
    /// The comparison as Markdown.
    func markdown(plots: [String]) -> String {
        let missing = table.missing > 0 ? [missingText, ""] : []
        let changes = comparison.options.overrides.map { " --set \($0)" }.joined()
        var lines = ["# Comparison", "", "`\(comparison.options.recipe)`\(changes)", ""]
        lines += missing + errorTables.flatMap(\.markdown) + ["\(judgedBy) \(costRemark)", ""]
        lines += sections.flatMap(\.markdown)
        lines += plots.map { "![\($0)](\($0).svg)" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The tables behind those of error rates.
    var sections: [ReportSection] { resultSections + mapSections }

    /// Those that no picture shows.
    var resultSections: [ReportSection] {
        trialTable + differenceTables + equalCostTables + [totalTable] + languageTable
    }

    /// The numbers of maps of transfers and masks.
    var mapSections: [ReportSection] { transferTables + maskTables }

    /// The number of missing subnetworks.
    var missingText: String {
        "\(table.missing) \(table.missing == 1 ? "subnetwork is" : "subnetworks are") still missing."
    }

    /// How to read the tables of error rates.
    var costRemark: String {
        "± is the standard deviation over seeds. Runs, updates and the rest are the cost of one subnetwork: the dense run "
            + "counts for OMP, the rounds for IMP. FLOP by the shapes of products and convolutions; bytes are what each "
            + "rank contributed to sums of gradients."
    }

    /// What the final models were evaluated on, and what was selected on it.
    var judgedBy: String {
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
    var errorTables: [ReportSection] {
        comparison.data.compactMap { data -> ReportSection? in
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
            guard !rows.isEmpty else { return nil }
            let heads =
                ["method", "sparsity, %"] + (comparison.trials.isEmpty ? [] : ["learning rate"])
                + task.metrics.map(\.heading) + [
                    "IOU with the first mask", "runs", "updates", "PFLOP", "GB summed", "core-hours",
                ]
            return ReportSection(data.name, heads, rows)
        }
    }

    /// The cost of each method for all of its subnetworks.
    private var totalTable: ReportSection {
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
        return ReportSection(
            "Cost of each method for all of its subnetworks",
            remark:
                "Shared runs are counted once. Core-seconds by phase: seconds of rank 0 times all "
                + "cores.", heads, rows)
    }

    /// Error rates of each language, if one model recognises several.
    private var languageTable: [ReportSection] {
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
        return [
            ReportSection(
                "One model, each language: \(metric.heading)", ["method", "sparsity, %"] + names, rows)
        ]
    }

    /// A matrix of source and target for each method and sparsity.
    private var transferTables: [ReportSection] {
        transferGroups.map { group in
            let rows = zip(group.names, group.spreads).map { name, spreads in
                [name] + spreads.map { $0?.text(times: metric.scale) ?? "" }
            }
            return ReportSection(
                "\(group.title): \(metric.heading)",
                remark: "Rows: where the mask comes from; columns: where it is used.",
                ["mask of"] + group.names, rows)
        }
    }

    /// Tables of how masks agree.
    private var maskTables: [ReportSection] {
        func tables(_ groups: [ComparisonMasks.Group], _ title: String) -> [ReportSection] {
            groups.map { group in
                let rows = zip(group.labels, group.agreement).map { label, row in
                    [label] + row.map { String(format: "%.4f", $0) }
                }
                return ReportSection(
                    "IOU of final masks, \(title) \(group.title)",
                    remark: String(format: "Unrelated masks would have %.4f.", group.chance),
                    [""] + group.labels, rows)
            }
        }
        return tables(masks.methods, "methods,") + tables(masks.languages, "corpora,")
    }

    func percent(_ sparsity: Double) -> String { String(format: "%g", 100 * sparsity) }
}
