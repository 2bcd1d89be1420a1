internal import Foundation
internal import Pruning
internal import Recipe
internal import Reports
internal import Tasks

/// How far methods are ahead of or behind each other, on the same seeds and examples.
extension ComparisonReport {
    /// A row of this comparison, or of one beside it.
    private struct Contender {
        /// `omp`, or `frozen/omp`.
        let name: String
        let row: ComparisonTable.Row
    }

    private func contenders(on data: ComparedData) -> [Contender] {
        table.rows(of: data.name).map { Contender(name: $0.method.rawValue, row: $0) }
            + neighbours.flatMap { other in
                other.table.rows(of: data.name).map {
                    Contender(name: other.name + "/" + $0.method.rawValue, row: $0)
                }
            }
    }

    /// How far our method and PARP are ahead of or behind each other method, for each data set.
    var differenceTables: [ReportSection] {
        comparison.data.flatMap { data in
            [ComparedMethod.parpMasked, .parp].compactMap { differenceTable(of: $0, on: data) }
        }
    }

    private func differenceTable(of method: ComparedMethod, on data: ComparedData) -> ReportSection? {
        let first = table.rows(of: data.name).filter { $0.method == method }
        let others = contenders(on: data).filter { $0.name != method.rawValue }
        guard !first.isEmpty && !others.isEmpty else { return nil }
        var names: [String] = []
        for other in others where !names.contains(other.name) { names.append(other.name) }
        let lines = names.map { name -> [String] in
            let rows = others.filter { $0.name == name }.map(\.row)
            return [name]
                + first.map { row in
                    rows.first { $0.method == .dense || $0.sparsity == row.sparsity }
                        .flatMap { difference(row, $0) }.map(text) ?? ""
                }
        }
        let title = data.name.isEmpty ? "" : ", \(data.name)"
        let sample =
            data.test == nil
            ? "over seeds; with few seeds it is too narrow, and of one there is none"
            : "over seeds and test examples"
        return ReportSection(
            "\(method.rawValue) minus each other method\(title): \(metric.heading)",
            remark: "Differences of equal seeds and, in brackets, their 95 % interval (bootstrap \(sample)); "
                + "\(metric.higherIsBetter ? "above" : "below") 0, \(method.rawValue) is ahead; intervals that exclude 0 in bold. "
                + "`differences.csv` has every two methods.",
            ["\(method.rawValue) at, %"] + first.map { percent($0.sparsity) }, lines)
    }

    /// The difference of two methods over the seeds that both have, and over the examples if known; nil if they have no seed in common,
    /// or other examples.
    func difference(_ row: ComparisonTable.Row, _ other: ComparisonTable.Row) -> PairedDifference? {
        let pairs = row.entries.compactMap { entry in
            other.entries.first { $0.seed == entry.seed }.map { (entry, $0) }
        }
        guard let examples = row.examples, let others = other.examples else {
            return PairedDifference(
                pairs.map { $0.record.value(of: metric) - $1.record.value(of: metric) })
        }
        guard examples == others else { return nil }
        let judged = pairs.compactMap { first, second in
            first.outcomes.flatMap { outcomes in second.outcomes.map { (outcomes, $0) } }
        }
        func statistic(_ runs: [Int], _ examples: [Int]) -> Double {
            runs.reduce(0) { sum, run in
                sum + judged[run].0.value(of: metric, over: examples)
                    - judged[run].1.value(of: metric, over: examples)
            } / Double(runs.count)
        }
        // With the same seeds, resamples of both rows are there already, and paired.
        guard row.entries.map(\.seed) == other.entries.map(\.seed), let samples = row.samples,
            let subtracted = other.samples
        else { return PairedDifference(runs: judged.count, examples: examples, statistic: statistic) }
        return PairedDifference(
            runs: judged.count, examples: examples,
            value: statistic(Array(judged.indices), Array(0..<examples)),
            samples: zip(samples, subtracted).map { $0 - $1 })
    }

    /// A difference times the metric's scale, with its interval; in bold if that excludes 0.
    func text(_ difference: PairedDifference) -> String {
        var text = String(format: "%+.2f", difference.value * metric.scale)
        if let interval = difference.interval {
            text += String(
                format: " [%+.2f, %+.2f]", interval.lowerBound * metric.scale,
                interval.upperBound * metric.scale)
        }
        return difference.isClear ? TextTable.strong(text) : text
    }

    /// A line for every two methods at one sparsity, the dense model at each: the first less the second.
    ///
    /// Numbers are those of the metric, without the factor of tables; without an interval its cells are empty.
    var differenceCSV: String {
        var lines = ["data,sparsity,method,less,metric,seeds,difference,low,high"]
        for data in comparison.data {
            let all = contenders(on: data)
            for (place, second) in all.enumerated() {
                for first in all[(place + 1)...]
                where first.row.sparsity == second.row.sparsity
                    || first.row.method == .dense || second.row.method == .dense
                {
                    guard let found = difference(first.row, second.row) else { continue }
                    let bounds = [found.interval?.lowerBound, found.interval?.upperBound]
                    let cells = [
                        data.name, "\(max(first.row.sparsity, second.row.sparsity))", first.name, second.name,
                        metric.name, "\(found.count)", "\(found.value)",
                    ]
                    lines.append((cells + bounds.map { $0.map { "\($0)" } ?? "" }).joined(separator: ","))
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
