internal import Foundation
internal import Pruning
internal import Recipe
internal import Reports

extension ComparisonReport {
    /// A plot's file name, without extension, and its content.
    struct Picture {
        let name: String
        let svg: String
    }

    /// All plots with something to draw.
    var plots: [Picture] {
        comparison.data.flatMap { data -> [Picture] in
            let rows = table.rows(of: data.name)
            guard !rows.isEmpty else { return [] }
            let suffix = data.name.isEmpty ? "" : "-" + data.name
            return [
                Picture(name: "error-rate" + suffix, svg: errorPlot(rows, data.name).file),
                Picture(name: "cost" + suffix, svg: costPlot(rows, data.name).file),
            ]
        } + maskPlots + transferPlots
    }

    /// The metric's name in plots; metrics for which lower is better count errors.
    private var metricName: String { metric.higherIsBetter ? metric.title : "Error rate" }

    private func title(_ text: String, _ data: String) -> String { data.isEmpty ? text : "\(text), \(data)" }

    /// Error rate against sparsity; the dense model is a horizontal line.
    private func errorPlot(_ rows: [ComparisonTable.Row], _ data: String) -> Plot {
        Plot(
            title("\(metricName) against sparsity", data), x: .init("sparsity, %"), y: .init(metric.heading),
            series: series(of: rows) { method, rows in
                let points = rows.map { point($0, x: 100 * $0.sparsity) }
                return Plot.Series(
                    method.rawValue, method.ink, method == .dense ? .level : .line, points: points)
            })
    }

    /// Error rate against a subnetwork's cost; the sparsities of a method are connected and labelled.
    private func costPlot(_ rows: [ComparisonTable.Row], _ data: String) -> Plot {
        Plot(
            title("Cost against \(metricName.lowercased())", data), x: .init("PFLOP per subnetwork"),
            y: .init(metric.heading),
            series: series(of: rows) { method, rows in
                let points = rows.map { row in
                    var point = point(row, x: row.cost.operations / 1e15)
                    point.label = row.sparsity > 0 ? String(format: "%g", 100 * row.sparsity) : ""
                    return point
                }
                return Plot.Series(method.rawValue, method.ink, points: points)
            })
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

    /// A mean over seeds, and its standard deviation both ways.
    private func point(_ row: ComparisonTable.Row, x: Double) -> Plot.Point {
        let spread = row.spread { $0.value(of: metric) }
        let (mean, deviation) = (metric.scale * spread.mean, spread.deviation.map { metric.scale * $0 })
        return Plot.Point(x: x, y: mean, low: deviation.map { mean - $0 }, high: deviation.map { mean + $0 })
    }

    private var maskPlots: [Picture] {
        masks.methods.flatMap { group -> [Picture] in
            let series = zip(group.labels, group.layers).map { label, layers in
                Plot.Series(
                    label, ComparedMethod(rawValue: label)?.ink ?? .muted,
                    points: layers.enumerated().map { Plot.Point(x: Double($0.offset), y: 100 * $0.element) })
            }
            let layers = Plot(
                "Layer sparsity, \(group.title)", x: .init("Transformer block"), y: .init("pruned, %"),
                series: series)
            return [
                Picture(name: "layers-" + group.name, svg: layers.file),
                Picture(name: "iou-" + group.name, svg: heatMap(group, "IOU of final masks, ").file),
            ]
        }
            + masks.languages.map {
                Picture(name: "iou-" + $0.name, svg: heatMap($0, "IOU of languages' masks, ").file)
            }
    }

    private func heatMap(_ group: ComparisonMasks.Group, _ title: String) -> HeatMap {
        HeatMap(
            title: title + group.title, rowTitle: "", columnTitle: "", rows: group.labels,
            columns: group.labels, values: group.agreement, format: "%.3f", range: group.chance...1)
    }

    private var transferPlots: [Picture] {
        transferGroups.map { group in
            let map = HeatMap(
                title: "\(group.title): \(metric.heading)", rowTitle: "mask of", columnTitle: "language",
                rows: group.names, columns: group.names,
                values: group.spreads.map { $0.map { $0.map { metric.scale * $0.mean } } }, format: "%.1f",
                range: nil, isLowGood: !metric.higherIsBetter)
            return Picture(name: group.fileName, svg: map.file)
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
