internal import Foundation
internal import Pruning
internal import Recipe
internal import Reports

extension ComparisonReport {
    /// A plot's file name, without extension, its content, and the same as part of a page.
    struct Picture {
        let name: String
        let svg: String
        let figure: String

        init(_ name: String, _ plot: Plot) { (self.name, svg, figure) = (name, plot.file, plot.figure) }
        init(_ name: String, _ map: HeatMap) { (self.name, svg, figure) = (name, map.file, map.figure) }
    }

    /// All plots with something to draw.
    var plots: [Picture] { comparison.data.flatMap(resultPlots) + maskPlots + transferPlots }

    /// The plots of a language's error rates against sparsity and cost.
    func resultPlots(_ data: ComparedData) -> [Picture] {
        let rows = table.rows(of: data.name)
        guard !rows.isEmpty else { return [] }
        let suffix = data.name.isEmpty ? "" : "-" + data.name
        return [
            Picture("error-rate" + suffix, errorPlot(rows, data.name)),
            Picture("cost" + suffix, costPlot(rows, data.name)),
        ]
    }

    /// The metric's name in plots; metrics for which lower is better count errors.
    var metricName: String {
        metric.higherIsBetter ? metric.title.prefix(1).uppercased() + metric.title.dropFirst() : "Error rate"
    }

    func title(_ text: String, _ data: String) -> String { data.isEmpty ? text : "\(text), \(data)" }

    /// Error rate against sparsity; the dense model is a horizontal line.
    private func errorPlot(_ rows: [ComparisonTable.Row], _ data: String) -> Plot {
        var plot = Plot(
            title("\(metricName) against sparsity\(barsText(rows))", data), x: .init("sparsity, %"),
            y: .init(metric.heading),
            series: series(of: rows) { method, rows in
                let points = rows.map { point($0, x: 100 * $0.sparsity) }
                return Plot.Series(
                    method.rawValue, method.ink, method == .dense ? .level : .line, points: points)
            })
        plot.separatesPoints = true
        return plot
    }

    /// The meaning of the error bars; empty without any.
    private func barsText(_ rows: [ComparisonTable.Row]) -> String {
        if rows.contains(where: { intervals[$0.subject] != nil }) { return " (bars: 95 % interval)" }
        return rows.contains { $0.entries.count > 1 } ? " (bars: standard deviation over seeds)" : ""
    }

    /// Error rate against a subnetwork's cost; the sparsities of a method are connected and labelled.
    private func costPlot(_ rows: [ComparisonTable.Row], _ data: String) -> Plot {
        // Runs of earlier versions did not count the operations of texts.
        let countsOperations = rows.allSatisfy { $0.cost.operations > 0 }
        var plot = Plot(
            title("\(metricName) against cost (numbers: sparsity, %)", data),
            x: .init((countsOperations ? "PFLOP" : "core-hours") + " per subnetwork", .fromZero),
            y: .init(metric.heading),
            series: series(of: rows) { method, rows in
                let points = rows.map { row in
                    let cost = countsOperations ? row.cost.operations / 1e15 : row.cost.allCoreSeconds / 3600
                    var point = point(row, x: cost)
                    point.label = row.sparsity > 0 ? String(format: "%g", 100 * row.sparsity) : ""
                    return point
                }
                return Plot.Series(method.rawValue, method.ink, points: points)
            })
        plot.separatesPoints = true
        return plot
    }

    /// A series for each method that has rows.
    private func series(
        of rows: [ComparisonTable.Row], _ make: (ComparedMethod, [ComparisonTable.Row]) -> Plot.Series
    ) -> [Plot.Series] {
        ComparedMethod.allCases.compactMap { method in
            let rows = rows.filter { $0.method == method }
            return rows.isEmpty ? nil : make(method, rows)
        }
    }

    /// A mean over seeds with its interval, or its standard deviation both ways.
    private func point(_ row: ComparisonTable.Row, x: Double) -> Plot.Point {
        let spread = row.spread { $0.value(of: metric) }
        if let interval = intervals[row.subject] {
            return Plot.Point(
                x: x, y: metric.scale * spread.mean, low: metric.scale * interval.lowerBound,
                high: metric.scale * interval.upperBound)
        }
        let (mean, deviation) = (metric.scale * spread.mean, spread.deviation.map { metric.scale * $0 })
        return Plot.Point(x: x, y: mean, low: deviation.map { mean - $0 }, high: deviation.map { mean + $0 })
    }

    var maskPlots: [Picture] {
        masks.methods.flatMap { group -> [Picture] in
            let series = zip(group.labels, group.layers).map { label, layers in
                Plot.Series(
                    label, ComparedMethod(rawValue: label)?.ink ?? .muted,
                    points: layers.enumerated().map { Plot.Point(x: Double($0.offset), y: 100 * $0.element) })
            }
            var layers = Plot(
                "Layer sparsity, \(group.title)", x: .init("Transformer block"), y: .init("pruned, %"),
                series: series)
            layers.separatesPoints = true
            return [
                Picture("layers-" + group.name, layers),
                Picture("iou-" + group.name, heatMap(group, "IOU of final masks, ")),
            ]
        }
            + masks.languages.map {
                Picture("iou-" + $0.name, heatMap($0, "IOU of corpora's masks, "))
            }
    }

    private func heatMap(_ group: ComparisonMasks.Group, _ title: String) -> HeatMap {
        HeatMap(
            title: title + group.title, rowTitle: "", columnTitle: "", rows: group.labels,
            columns: group.labels, values: group.agreement, format: "%.3f", range: group.chance...1)
    }

    var transferPlots: [Picture] {
        transferGroups.map { group in
            let map = HeatMap(
                title: "\(group.title): \(metric.heading)", rowTitle: "mask of", columnTitle: "corpus",
                rows: group.names, columns: group.names,
                values: group.spreads.map { $0.map { $0.map { metric.scale * $0.mean } } }, format: "%.1f",
                range: nil, isLowGood: !metric.higherIsBetter)
            return Picture(group.fileName, map)
        }
    }
}

extension ComparedMethod {
    /// A method's colour, the same in every plot; black for the dense model.
    var ink: Ink {
        switch self {
        case .dense: .series(11)
        case .parp: .series(1)
        case .progressive: .series(4)
        case .magnitudeAtInitialization: .series(0)
        case .oneShot: .series(2)
        case .iterative: .series(5)
        case .random: .series(3)
        case .parpMasked: .series(6)
        case .gradual: .series(7)
        case .movement: .series(8)
        case .rigL: .series(9)
        case .router: .series(10)
        }
    }
}
