internal import Foundation
package import Pruning
internal import Recipe
internal import Reports

extension ComparisonReport {
    /// A plot and its name.
    struct Plot {
        let name: String
        let svg: String
    }

    /// All plots that there is something to draw of.
    var plots: [Plot] {
        comparison.data.flatMap { data -> [Plot] in
            let rows = table.rows(of: data.name)
            guard !rows.isEmpty else { return [] }
            let suffix = data.name.isEmpty ? "" : "-" + data.name
            return [
                Plot(name: "error-rate" + suffix, svg: errorPlot(rows, data.name).svg),
                Plot(name: "cost" + suffix, svg: costPlot(rows, data.name).svg),
            ]
        } + maskPlots + transferPlots
    }

    /// What plots call the metric; all that is better when it is lower counts errors.
    private var metricName: String { metric.higherIsBetter ? metric.title : "Error rate" }

    private func title(_ text: String, _ data: String) -> String { data.isEmpty ? text : "\(text), \(data)" }

    /// Error rate against sparsity; the dense model is a line across.
    private func errorPlot(_ rows: [ComparisonTable.Row], _ data: String) -> LineChart {
        var chart = LineChart(
            title: title("\(metricName) against sparsity", data), x: "sparsity, %", y: metric.heading)
        for method in ComparedMethod.allCases {
            let rows = rows.filter { $0.method == method }
            guard !rows.isEmpty else { continue }
            let points = rows.map { point($0, x: 100 * $0.sparsity) }
            chart.series.append(
                .init(
                    name: method.rawValue, color: method.color, points: points,
                    isLevel: method == .dense))
        }
        return chart
    }

    /// Error rate against what a subnetwork takes; the sparsities of a method are joined, and named.
    private func costPlot(_ rows: [ComparisonTable.Row], _ data: String) -> LineChart {
        var chart = LineChart(
            title: title("Cost against \(metricName.lowercased())", data), x: "PFLOP a subnetwork",
            y: metric.heading)
        for method in ComparedMethod.allCases {
            let rows = rows.filter { $0.method == method }
            guard !rows.isEmpty else { continue }
            let points = rows.map { row in
                var point = point(row, x: row.cost.operations / 1e15)
                point.label = row.sparsity > 0 ? String(format: "%g", 100 * row.sparsity) : ""
                return point
            }
            chart.series.append(.init(name: method.rawValue, color: method.color, points: points))
        }
        return chart
    }

    private func point(_ row: ComparisonTable.Row, x: Double) -> LineChart.Point {
        let spread = row.spread { $0.value(of: metric) }
        return LineChart.Point(
            x: x, y: metric.scale * spread.mean, deviation: metric.scale * (spread.deviation ?? 0))
    }

    private var maskPlots: [Plot] {
        masks.methods.flatMap { group -> [Plot] in
            var chart = LineChart(
                title: "Layer sparsity, \(group.title)", x: "Transformer block", y: "pruned, %")
            for (label, layers) in zip(group.labels, group.layers) {
                let points = layers.enumerated().map {
                    LineChart.Point(x: Double($0.offset), y: 100 * $0.element)
                }
                let color = ComparedMethod(rawValue: label)?.color ?? "#666"
                chart.series.append(.init(name: label, color: color, points: points))
            }
            return [
                Plot(name: "layers-" + group.name, svg: chart.svg),
                Plot(name: "iou-" + group.name, svg: heatMap(group, "IOU of final masks, ").svg),
            ]
        }
            + masks.languages.map {
                Plot(name: "iou-" + $0.name, svg: heatMap($0, "IOU of languages' masks, ").svg)
            }
    }

    private func heatMap(_ group: ComparisonMasks.Group, _ title: String) -> HeatMap {
        HeatMap(
            title: title + group.title, rowTitle: "", columnTitle: "", rows: group.labels,
            columns: group.labels, values: group.agreement, format: "%.3f", range: group.chance...1)
    }

    private var transferPlots: [Plot] {
        transferGroups.map { group in
            let values = group.spreads.map { $0.map { $0.map { metric.scale * $0.mean } } }
            return Plot(
                name: group.fileName,
                svg: HeatMap(
                    title: "\(group.title): \(metric.heading)", rowTitle: "mask of", columnTitle: "language",
                    rows: group.names, columns: group.names, values: values, format: "%.1f", range: nil,
                    isLowGood: !metric.higherIsBetter
                ).svg)
        }
    }
}

extension ComparedMethod {
    /// A method's colour, told apart without seeing red and green (Okabe and Ito, 2008; Tol, 2021, for those that learn
    /// their mask).
    package var color: String {
        switch self {
        case .dense: "#000000"
        case .parp: "#d55e00"
        case .progressive: "#e69f00"
        case .magnitudeAtInitialization: "#0072b2"
        case .oneShot: "#009e73"
        case .iterative: "#56b4e9"
        case .random: "#cc79a7"
        case .parpMasked: "#882255"
        case .gradual: "#117733"
        case .movement: "#332288"
        case .rigL: "#999933"
        case .router: "#aa4499"
        }
    }
}
