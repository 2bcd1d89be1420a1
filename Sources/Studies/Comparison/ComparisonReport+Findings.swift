internal import Foundation
internal import Pruning
internal import Recipe
internal import Reports

/// What a comparison found, in sentences.
extension ComparisonReport {
    /// The best method of a language at a sparsity, with what it is compared to.
    private struct Finding {
        let best: ComparisonTable.Row
        let second: ComparisonTable.Row?
        let dense: ComparisonTable.Row?
    }

    /// The result in a sentence for each language.
    var headlines: [String] {
        comparison.data.compactMap { data in
            let parts = findings(on: data).enumerated().map { index, finding -> String in
                let best = finding.best
                let name = "\(percent(best.sparsity)) % zeros: \(best.method.rawValue)"
                guard let dense = finding.dense, let difference = difference(best, dense) else {
                    return "\(name), \(value(best))"
                }
                return "\(name), " + (difference.isClear ? "" : "perhaps ") + standing(difference)
                    + (index == 0 ? " the dense model" : "")
            }
            guard !parts.isEmpty else { return nil }
            return prefix(data) + "The best with " + parts.joined(separator: "; with ") + "."
        }
    }

    /// The numbers behind the headlines, a sentence for each language and sparsity.
    var details: [String] {
        comparison.data.flatMap { data in
            findings(on: data).map { finding in
                let best = finding.best
                var sentence =
                    "With \(percent(best.sparsity)) % zeros \(best.method.rawValue) is best: \(value(best))"
                sentence += finding.dense.map { " (dense: \(value($0, isBare: true)))." } ?? "."
                if let second = finding.second, let difference = difference(best, second) {
                    sentence += " It is \(standing(difference)) \(second.method.rawValue), the next, "
                    sentence += difference.isClear ? "clear of chance" : "which may be chance"
                    sentence += (interval(difference).map { " (\($0))" } ?? "") + "."
                }
                return prefix(data) + sentence
            }
        }
    }

    private func prefix(_ data: ComparedData) -> String { data.name.isEmpty ? "" : "\(data.name): " }

    /// What makes the findings less sure than they read.
    var doubts: [String] {
        var doubts: [String] = []
        if table.missing > 0 { doubts.append(missingText) }
        let seeds = table.rows.map(\.entries.count).min() ?? 0
        if seeds == 1 {
            doubts.append("Some rows are of one seed: what chance does between runs is not known.")
        }
        if seeds == 2 || seeds == 3 { doubts.append("There are \(seeds) seeds: intervals are too narrow.") }
        return doubts + edgeDoubts + [judgedBy]
    }

    /// Learning rates that were chosen at the edge of those tried.
    private var edgeDoubts: [String] {
        let rates = comparison.options.learningRates.sorted()
        guard rates.count > 1 else { return [] }
        let edges = comparison.trials.compactMap { trial -> String? in
            guard let best = trial.best(by: metric), best == rates.first || best == rates.last else {
                return nil
            }
            let sparsity = trial.subject.sparsity > 0 ? " at \(percent(trial.subject.sparsity)) %" : ""
            return trial.subject.method.rawValue + sparsity
        }
        guard !edges.isEmpty else { return [] }
        return [
            "The best learning rate lies at the edge of those tried, and a better one may lie beyond, for "
                + edges.joined(separator: ", ") + "."
        ]
    }

    /// The best method of each sparsity.
    private func findings(on data: ComparedData) -> [Finding] {
        let rows = table.rows(of: data.name)
        func value(_ row: ComparisonTable.Row) -> Double { row.spread { $0.value(of: metric) }.mean }
        let dense = rows.first { $0.method == .dense }
        return Set(rows.map(\.sparsity)).filter { $0 > 0 }.sorted().compactMap { sparsity in
            let ranked = rows.filter { $0.sparsity == sparsity && value($0).isFinite }
                .sorted { metric.isBetter(value($0), than: value($1)) }
            return ranked.first.map {
                Finding(best: $0, second: ranked.dropFirst().first, dense: dense)
            }
        }
    }

    /// `84.35 % accuracy`.
    private func value(_ row: ComparisonTable.Row, isBare: Bool = false) -> String {
        let mean = row.spread { $0.value(of: metric) }.mean
        return (isBare ? "" : metric.title + " ") + number(mean) + (metric.unit == "%" ? " %" : "")
    }

    private func number(_ value: Double) -> String {
        String(format: metric.scale == 100 ? "%.2f" : "%.4g", metric.scale * value)
    }

    /// `3.90 points behind`, of a difference of the first less the second.
    private func standing(_ difference: PairedDifference) -> String {
        let isAhead = metric.isBetter(difference.value, than: 0)
        return number(abs(difference.value)) + (metric.unit == "%" ? " points " : " ")
            + (isAhead ? "ahead of" : "behind")
    }

    private func interval(_ difference: PairedDifference) -> String? {
        difference.interval.map { interval in
            [interval.lowerBound, interval.upperBound]
                .map { String(format: "%+.2f", metric.scale * $0) }.joined(separator: " to ")
        }
    }
}
