internal import Batching
internal import Foundation
internal import Preflight
internal import Recipe
internal import Reports
internal import Session
internal import Tasks
internal import Training

/// `report.html`: a study on one self-contained page, without network or scripts.
struct ScalePage {
    let report: ScaleReport
    let projection: ScaleProjection

    var html: String {
        let parts =
            report.doubts.map { "<p class=\"headline\">\(escapedHTML($0))</p>" }
            + ["<p>\(introduction(projection.measurements.study))</p>", limits, Page.figures(figures)]
            + ["<h2>Measured</h2>", "<p>\(explanation)</p>", measuredTable]
            + ["<h2>The model</h2>", modelTable, "<h2>Projected</h2>", "<p>\(projectionNote)</p>"]
        return Page(
            "Scaling of \(projection.measurements.study.recipe)",
            body: parts + report.projected.map(projectedTable)
        ).html
    }

    private var explanation: String {
        "Means over launches with their 95 % interval (Student's t over launches). Speed-up is audio per second over that of "
            + "\(report.baseRanks) rank(s) of the same program, launched the same way. “Most” marks settings that had the maximum "
            + "number of launches and are still less precise than required; “model” is the error of the model below."
    }

    private var projectionNote: String {
        escapedHTML(networkSentence)
            + " The interval resamples launches and adds the model's error on the measured settings; it cannot know what was "
            + "never measured, such as a network shared by many nodes. The last column is the mean of steps simulated event "
            + "by event with the same costs."
    }

    private func introduction(_ study: ScaleStudy) -> String {
        let weak = study.cells.contains { $0.mode == .weak }
        return "Strong scaling keeps the batch of an update, \(number(study.amounts.batchSeconds)) s of audio"
            + (weak ? "; weak scaling keeps a rank's, so that more ranks train with larger batches" : "")
            + ". \(study.warmup) updates of each launch are dropped, \(study.updates) are measured; launches in random order, "
            + "\(study.minimumRepeats) to \(study.maximumRepeats) of each setting, until ± "
            + "\(number(100 * study.tolerance)) % is reached. Launched with <code>\(escapedHTML(study.launcher))</code>."
    }

    private var limits: String {
        "<ul>"
            + report.projected.map {
                "<li><b>\($0.mode.rawValue), \(escapedHTML(name($0))):</b> \(escapedHTML($0.limit)).</li>"
            }.joined() + "</ul>"
    }

    private func name(_ curve: ScaleProjection.Curve) -> String {
        curve.method + (curve.method == "dense" ? "" : " \(number(curve.sparsity))")
    }

    private var networkSentence: String {
        String(
            format: "Network between nodes: %.1f Gb/s and %.1f µs per message (%@); %d rank(s) per node.",
            8e-9 / report.network.secondsPerByte, report.network.latency * 1e6, report.networkOrigin,
            report.ranksPerNode)
    }

    private var figures: [String] {
        ScalingMode.allCases.filter { mode in report.projected.contains { $0.mode == mode } }.flatMap {
            mode in
            [
                plot(mode, "seconds per update", .init("s", .ratios), { $0.secondsMean }, { $0.seconds }) {
                    ($0.low, $0.high)
                },
                plot(mode, "speed-up", .init("×", .ratios), ideal: true, { $0.speedup }, { $0.speedup }) {
                    ($0.speedup * $0.seconds / $0.high, $0.speedup * $0.seconds / max($0.low, 1e-12))
                },
                plot(
                    mode, "efficiency", .init("%", .fromZero), { 100 * $0.efficiency },
                    { 100 * $0.efficiency }
                ) {
                    (
                        100 * $0.efficiency * $0.seconds / $0.high,
                        100 * $0.efficiency * $0.seconds / max($0.low, 1e-12)
                    )
                },
                plot(
                    mode, "Karp–Flatt fraction", .init("%", .fromZero), { $0.karpFlatt.map { 100 * $0 } },
                    { $0.karpFlatt.map { 100 * $0 } }
                ) { _ in nil },
                plot(
                    mode, "cost of the whole run", .init(report.currency, .fromZero), { _ in nil },
                    { $0.cost }
                ) {
                    ($0.cost * $0.low / $0.seconds, $0.cost * $0.high / $0.seconds)
                },
                breakdown(mode),
            ]
        }
    }

    /// Measured points, and projected curves with their intervals.
    private func plot(
        _ mode: ScalingMode, _ title: String, _ axis: Plot.Axis, ideal: Bool = false,
        _ measured: (ScaleReport.Measured) -> Double?, _ projected: (ScaleProjection.Point) -> Double?,
        band: (ScaleProjection.Point) -> (Double, Double)?
    ) -> String {
        var series: [Plot.Series] = []
        var hasDots = false
        for (index, curve) in report.projected.filter({ $0.mode == mode }).enumerated() {
            let line = curve.points.compactMap { point -> Plot.Point? in
                guard let value = projected(point) else { return nil }
                let range = band(point)
                return .init(x: Double(point.ranks), y: value, low: range?.0, high: range?.1)
            }
            series.append(.init(name(curve), .series(index), .curve, points: line))
            let dots = self.measured(of: curve).compactMap { row -> Plot.Point? in
                guard let value = measured(row) else { return nil }
                let share = (row.halfWidth ?? 0) / row.secondsMean
                let hasBar = row.ranks > report.baseRanks || title.hasPrefix("seconds")
                // Series measured at the same ranks are drawn side by side.
                return .init(
                    x: Double(row.ranks) * (1 + 0.04 * Double(index)), y: value,
                    low: hasBar ? value * (1 - share) : nil, high: hasBar ? value * (1 + share) : nil)
            }
            hasDots = hasDots || !dots.isEmpty
            series.append(.init("", .series(index), .dots, points: dots))
        }
        if ideal, let points = report.projected.first?.points, let base = points.first {
            let line = points.map {
                Plot.Point(x: Double($0.ranks), y: Double($0.ranks) / Double(base.ranks))
            }
            series.append(.init("ideal", .muted, .curve, points: line))
        }
        return Plot(
            "\(mode.rawValue) scaling: \(title)" + (hasDots ? " (● measured)" : ""),
            x: .init("ranks", .doublings), y: axis, series: series
        ).figure
    }

    private func measured(of curve: ScaleProjection.Curve) -> [ScaleReport.Measured] {
        report.measured.filter {
            $0.mode == curve.mode && $0.method == curve.method && $0.sparsity == curve.sparsity
        }
    }

    /// The shares of a step, measured and projected, as bars.
    private func breakdown(_ mode: ScalingMode) -> String {
        guard let curve = report.projected.first(where: { $0.mode == mode }) else { return "" }
        let steps =
            measured(of: curve).map { ("\($0.ranks) ●", $0.step) }
            + curve.points.map { ("\($0.ranks)", $0.step) }
        return StackedBars(
            "\(mode.rawValue) scaling: shares of an update, \(name(curve)) (● measured)", label: "ranks",
            parts: ScaleStep().parts.map(\.name),
            bars: steps.map { (name: $0, amounts: $1.parts.map(\.seconds)) }
        ).figure
    }

    private var measuredTable: String {
        table(
            [
                "setting", "nodes", "launches", "s per update", "audio s/s", "speed-up", "efficiency",
                "Karp–Flatt",
                "hidden communication", "model",
            ],
            report.measured.map { row in
                [
                    row.setting, "\(row.nodes)", "\(row.launches)" + (row.meetsTolerance ? "" : " (most)"),
                    number(row.secondsMean) + (row.halfWidth.map { " ± \(number($0))" } ?? ""),
                    number(row.audioSecondsPerSecond), number(row.speedup), percent(row.efficiency),
                    row.karpFlatt.map(percent) ?? "", row.hiddenShare.map(percent) ?? "",
                    String(format: "%+.1f %%", 100 * (row.predicted / row.secondsMean - 1)),
                ]
            })
    }

    private var modelTable: String {
        table(["term", "value", "95 % interval", "unit"], projection.fit.termRows)
            + (report.model.network == nil ? "<p>Nothing was measured between nodes.</p>" : "")
            + "<p>Root mean square of the model's errors on the measured settings: \(percent(report.model.residual)).</p>"
    }

    private func projectedTable(_ curve: ScaleProjection.Curve) -> String {
        "<h3>\(curve.mode.rawValue), \(escapedHTML(name(curve)))</h3>"
            + table(
                [
                    "ranks", "nodes", "s per update", "95 % interval", "speed-up", "efficiency", "Karp–Flatt",
                    "core-hours", report.currency, "simulated s",
                ],
                curve.points.map { point in
                    [
                        "\(point.ranks)", "\(point.nodes)", number(point.seconds),
                        "\(number(point.low)) to \(number(point.high))", number(point.speedup),
                        percent(point.efficiency), point.karpFlatt.map(percent) ?? "",
                        number(point.coreHours),
                        number(point.cost), number(point.simulated),
                    ]
                })
    }

    private func table(_ heads: [String], _ rows: [[String]]) -> String {
        TextTable([.left(heads[0])] + heads.dropFirst().map { .right($0) }, rows: rows).html
    }

    private func percent(_ value: Double) -> String { String(format: "%.1f %%", 100 * value) }
}
