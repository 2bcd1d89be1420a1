internal import Foundation
internal import Pruning
internal import Recipe
internal import Reports

/// Tables of a comparison's choices: learning rates, and the value of more updates.
extension ComparisonReport {
    /// The learning rate of a row for a table.
    func rate(_ row: ComparisonTable.Row) -> String { row.rate.map { String(format: "%g", $0) } ?? "" }

    /// The result of each learning rate, the chosen one in bold.
    var trialTable: [ReportSection] {
        guard !comparison.trials.isEmpty else { return [] }
        let names = comparison.data.count > 1
        let rows = comparison.trials.map { trial -> [String] in
            let best = trial.best(by: metric)
            let values = zip(trial.rates, trial.values).map { rate, value in
                let text = value.map { String(format: "%.2f", $0 * metric.scale) } ?? ""
                return rate == best ? TextTable.strong(text) : text
            }
            let method = trial.subject.method.rawValue + (trial.subject.length > 1 ? ", updates × 2" : "")
            return (names ? [trial.subject.data] : []) + [method, percent(trial.subject.sparsity)] + values
        }
        let rates = comparison.options.learningRates.map { String(format: "%g", $0) }
        return [
            ReportSection(
                "Learning rates: \(metric.heading), on the validation set, for the first seed",
                remark: "The best of each row, in bold, is used for all seeds.",
                (names ? ["data"] : []) + ["method", "sparsity, %"] + rates, rows)
        ]
    }

    /// What single-run methods reach with the updates of OMP's two runs, and with its core-seconds.
    var equalCostTables: [ReportSection] {
        guard comparison.options.hasEqualCost else { return [] }
        return comparison.data.compactMap { data -> ReportSection? in
            let rows = table.rows(of: data.name)
            let lines = rows.map { row -> [String] in
                let longer = table.twiceAsLong(row)
                let oneShot = rows.first { $0.method == .oneShot && $0.sparsity == row.sparsity }
                let lead = longer.flatMap { longer in oneShot.flatMap { difference(longer, $0) } }
                let atBudget = oneShot.flatMap {
                    value(of: row, longer, atCoreSeconds: $0.cost.allCoreSeconds)
                }
                return [row.method.rawValue, percent(row.sparsity), number(row), longer.map(number) ?? ""] + [
                    lead.map(text) ?? "",
                    String(format: "%.0f", row.cost.allCoreSeconds),
                    longer.map { String(format: "%.0f", $0.cost.allCoreSeconds) } ?? "",
                    atBudget.map { String(format: "%.2f", $0 * metric.scale) } ?? "",
                ]
            }
            guard !lines.isEmpty else { return nil }
            let heads = [
                "method", "sparsity, %", "updates × 1", "updates × 2", "× 2 less OMP", "core-seconds × 1",
                "core-seconds × 2", "at OMP's core-seconds",
            ]
            return ReportSection(
                "At equal cost\(data.name.isEmpty ? "" : ", \(data.name)"): \(metric.heading)",
                remark:
                    "OMP's × 1 takes two runs, as many updates as × 2 of a single-run method. × 2 less OMP: the difference of equal "
                    + "seeds and its 95 % interval, in bold if that excludes 0. At OMP's core-seconds: interpolated between "
                    + "× 1 and × 2, where OMP's are between theirs.", heads, lines)
        }
    }

    private func number(_ row: ComparisonTable.Row) -> String {
        row.spread { $0.value(of: metric) }.text(times: metric.scale)
    }

    /// The metric interpolated between two lengths of a method, if a budget is between them.
    private func value(
        of row: ComparisonTable.Row, _ longer: ComparisonTable.Row?, atCoreSeconds budget: Double
    ) -> Double? {
        let cost = row.cost.allCoreSeconds
        let value = row.spread { $0.value(of: metric) }.mean
        if row.method == .oneShot { return value }
        guard let longer else { return nil }
        let (longCost, longValue) = (
            longer.cost.allCoreSeconds, longer.spread { $0.value(of: metric) }.mean
        )
        guard cost < longCost, (cost...longCost).contains(budget) else { return nil }
        return value + (longValue - value) * (budget - cost) / (longCost - cost)
    }
}
