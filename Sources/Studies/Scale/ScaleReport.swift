internal import Batching
internal import Foundation
internal import Recipe
internal import Reports
package import Session
internal import Tasks
internal import Training

/// Writes a study's `report.csv`, `report.json` and `report.html`, and prints its projection.
package func reportScaleStudy(_ options: ScaleReportOptions, session: Session) throws {
    let projection = try ScaleProjection(options)
    let report = ScaleReport(projection)
    func write(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(options.study)/\(name)"), options: .atomic)
    }
    try write(report.csv, "report.csv")
    try writeJSON(report, to: "\(options.study)/report.json")
    try write(ScalePage(report: report, projection: projection).html, "report.html")
    for doubt in report.doubts { print("warning: " + doubt) }
    print(report.text)
    print("written: \(options.study)/report.html, report.json, report.csv")
}

/// The results of a study, as numbers.
struct ScaleReport: Encodable {
    /// A measured setting.
    struct Measured: Encodable {
        let setting: String
        let mode: ScalingMode
        let ranks: Int
        let nodes: Int
        let method: String
        let sparsity: Double
        let launches: Int
        let secondsMean: Double
        let halfWidth: Double?
        let audioSecondsPerSecond: Double
        let speedup: Double
        let efficiency: Double
        let karpFlatt: Double?
        let predicted: Double
        let step: ScaleStep
        let communication: Double
        let hiddenShare: Double?
        let meetsTolerance: Bool
    }

    let baseRanks: Int
    let measured: [Measured]
    let model: ScaleModel
    let network: NetworkCost
    let networkOrigin: String
    let ranksPerNode: Int
    let price: Double
    let currency: String
    let projected: [ScaleProjection.Curve]

    init(_ projection: ScaleProjection) {
        let study = projection.measurements.study
        baseRanks = study.baseRanks
        model = projection.fit.model
        (network, networkOrigin) = (projection.network, projection.networkOrigin)
        ranksPerNode = projection.ranksPerNode
        (price, currency) = (projection.options.price, projection.options.currency)
        projected = projection.curves()
        measured = Self.rows(projection)
    }

    private static func rows(_ projection: ScaleProjection) -> [Measured] {
        let (study, cells) = (projection.measurements.study, projection.measurements.cells)
        let residuals = projection.fit.residuals(projection.measurements)
        return zip(cells, residuals).map { entry, residual in
            let (cell, launches) = entry
            let interval = MeanInterval(launches.map(\.step))
            let base = cells.first {
                $0.cell.mode == cell.mode && $0.cell.method == cell.method
                    && $0.cell.sparsity == cell.sparsity
                    && $0.cell.ranks == study.baseRanks
            }
            let rate = mean(launches, \.audioSeconds) / interval.mean
            // Work per time: valid for both modes, and also if updates differ in length.
            let baseRate = base.map { mean($0.launches, \.audioSeconds) / mean($0.launches, \.step) } ?? rate
            let growth = Double(cell.ranks) / Double(study.baseRanks)
            let communication = mean(launches, \.communication)
            let exposed = max(0, mean(launches) { $0.exposed - $0.straggling })
            return Measured(
                setting: cell.name, mode: cell.mode, ranks: cell.ranks, nodes: launches[0].groupSizes.count,
                method: cell.method, sparsity: cell.sparsity, launches: launches.count,
                secondsMean: interval.mean, halfWidth: interval.count > 1 ? interval.halfWidth : nil,
                audioSecondsPerSecond: rate, speedup: rate / baseRate, efficiency: rate / baseRate / growth,
                karpFlatt: karpFlatt(speedup: rate / baseRate, ranks: growth), predicted: residual.predicted,
                step: measuredStep(launches, exposed: exposed), communication: communication,
                hiddenShare: communication > 0 && cell.ranks > 1
                    ? max(0, 1 - exposed / communication) : nil,
                meetsTolerance: interval.relativeHalfWidth <= study.tolerance)
        }
    }

    private static func measuredStep(_ launches: [ScaleLaunch], exposed: Double) -> ScaleStep {
        var step = ScaleStep()
        step.data = mean(launches, \.data)
        step.compute = mean(launches, \.compute)
        step.straggling = mean(launches, \.straggling)
        step.exposed = exposed
        step.optimizer = mean(launches, \.optimizer)
        step.other = max(0, mean(launches, \.step) - step.total)
        return step
    }

    /// All rows, measured and projected, as a table.
    var csv: String {
        var lines = [
            "kind,mode,method,sparsity,ranks,nodes,seconds,low,high,speedup,efficiency,karp_flatt,core_hours,cost,simulated"
        ]
        func cell(_ value: Double?) -> String { value.map { String(format: "%.6g", $0) } ?? "" }
        for row in measured {
            let width = row.halfWidth ?? .nan
            lines.append(
                ([
                    "measured", row.mode.rawValue, row.method, cell(row.sparsity), "\(row.ranks)",
                    "\(row.nodes)",
                ]
                    + [
                        row.secondsMean, width.isNaN ? nil : row.secondsMean - width,
                        width.isNaN ? nil : row.secondsMean + width, row.speedup, row.efficiency,
                        row.karpFlatt,
                        nil, nil, nil,
                    ].map(cell)).joined(separator: ","))
        }
        for curve in projected {
            for point in curve.points {
                lines.append(
                    ([
                        "projected", curve.mode.rawValue, curve.method, cell(curve.sparsity),
                        "\(point.ranks)",
                        "\(point.nodes)",
                    ]
                        + [
                            point.seconds, point.low, point.high, point.speedup, point.efficiency,
                            point.karpFlatt, point.coreHours, point.cost, point.simulated,
                        ].map(cell)).joined(separator: ","))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What the command prints.
    var text: String {
        let rows = measured.map { row in
            String(
                format: "%@: %.4f s%@, speed-up %.2f, efficiency %.0f %%, model %+.1f %%", row.setting,
                row.secondsMean, row.halfWidth.map { String(format: " ± %.4f", $0) } ?? "", row.speedup,
                100 * row.efficiency, 100 * (row.predicted / row.secondsMean - 1))
        }
        let curves = projected.map { curve in
            let far = curve.points.last
            return "\(curve.mode.rawValue), \(curve.method): \(curve.limit)"
                + (far.map {
                    String(
                        format: "; at %d ranks %.4f s (%.4f to %.4f), simulated %.4f", $0.ranks, $0.seconds,
                        $0.low, $0.high, $0.simulated)
                } ?? "")
        }
        let link = String(
            format: "network: %.1f Gb/s, %.1f µs (%@); %d rank(s) per node", 8e-9 / network.secondsPerByte,
            network.latency * 1e6, networkOrigin, ranksPerNode)
        return (rows + [link] + curves).joined(separator: "\n")
    }
}
