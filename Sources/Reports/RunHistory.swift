internal import Foundation
internal import JSON

/// The content of a run's `metrics.jsonl`, in memory that does not grow with the number of updates.
package struct RunHistory: Sendable {
    /// The name of the run's folder.
    package let name: String
    let outline: ReportOutline
    /// The points of each curve of each chart of the outline.
    private(set) var curves: [[ThinnedCurve]]
    private var smoothed: [[SmoothedValue]]
    /// Work per second, update by update.
    private(set) var throughput = ThinnedCurve()
    private var smoothedThroughput = SmoothedValue()
    /// The last evaluations, and the best of all.
    private(set) var evaluations: [JSONValue] = []
    private(set) var best: JSONValue?
    /// The last mask.
    private(set) var mask: JSONValue?
    /// The last faults, and their total number.
    private(set) var faults: [JSONValue] = []
    private(set) var faultCount = 0
    /// The last sums of the ranks.
    private(set) var rankSums: JSONValue?
    /// The last update, and the seconds of all.
    private(set) var updates = 0
    private(set) var seconds = 0.0
    /// Seconds of rank 0 by activity.
    private(set) var phaseSeconds: [Double] = Array(repeating: 0, count: Self.phases.count)

    /// Fields of `train` events for where the time went.
    static let phases: [(field: String, name: String)] = [
        ("data_seconds", "waiting for data"), ("forward_seconds", "forward"),
        ("backward_seconds", "backward"),
        ("exposed_communication_seconds", "waiting for other ranks"), ("optimizer_seconds", "optimiser"),
        ("other_seconds", "other"),
    ]
    /// The maximum number of rows of a table or list.
    static let longest = 20
    private static let mostEvaluations = 12

    /// Reads a log as far as it goes, also that of a running or killed run.
    package init(name: String, metrics: String, outline: ReportOutline) {
        self.name = name
        self.outline = outline
        curves = outline.charts.map { $0.curves.map { _ in ThinnedCurve() } }
        smoothed = outline.charts.map { $0.curves.map { _ in SmoothedValue() } }
        try? forEachLine(of: metrics) { line, _ in
            if let event = try? JSONValue(parsing: line) { add(event) }
        }
    }

    private mutating func add(_ event: JSONValue) {
        guard let kind = MetricsKind(of: event), let step = event["step"]?.integer else { return }
        for (index, chart) in outline.charts.enumerated() {
            for (place, curve) in chart.curves.enumerated() where curve.kind == kind {
                guard var value = event[curve.field]?.double else { continue }
                if curve.isSmoothed {
                    smoothed[index][place].add(value)
                    value = smoothed[index][place].value
                }
                // Values without a logarithm are not drawn on such an axis.
                if chart.scale == .ratios && !(value > 0) { continue }
                curves[index][place].add(x: Double(step), y: value * curve.scale)
            }
        }
        switch kind {
        case .train: addUpdate(event, step: step)
        case .eval:
            evaluations = (evaluations + [event]).suffix(Self.mostEvaluations)
            if event["best"]?.boolean == true { best = event }
        case .prune: mask = event
        case .fault:
            faultCount += 1
            faults = (faults + [event]).suffix(Self.longest)
        case .ranks: rankSums = event
        case .checkpoint, .resume: break
        }
    }

    private mutating func addUpdate(_ event: JSONValue, step: Int) {
        updates = max(updates, step)
        let taken = event["seconds"]?.double ?? 0
        seconds += taken
        for (index, phase) in Self.phases.enumerated() {
            phaseSeconds[index] += event[phase.field]?.double ?? 0
        }
        guard taken > 0, let work = event[outline.workload.field]?.double else { return }
        smoothedThroughput.add(work / taken)
        throughput.add(x: Double(step), y: smoothedThroughput.value)
    }

    /// The charts with something to show, without replacements of those.
    var shownCharts: [Int] {
        outline.charts.indices.filter { index in
            let hasPoints = curves[index].contains { !$0.points.isEmpty }
            let isNeeded = index == 0 || !outline.charts[index].isSubstitute || !showsTraining(index - 1)
            return hasPoints && isNeeded
        }
    }

    private func showsTraining(_ index: Int) -> Bool {
        zip(outline.charts[index].curves, curves[index]).contains { $0.kind == .train && !$1.points.isEmpty }
    }

    /// The series of a chart, those without a point left out.
    func plot(_ index: Int, named prefix: String = "", firstInk: Int = 0) -> [Plot.Series] {
        let known = zip(outline.charts[index].curves, curves[index]).filter { !$1.points.isEmpty }
        return known.enumerated().map { place, entry in
            let name =
                known.count > 1 || !prefix.isEmpty ? [prefix, known.count > 1 ? entry.0.name : ""] : []
            return Plot.Series(
                name.filter { !$0.isEmpty }.joined(separator: " "), .series(firstInk + place),
                points: entry.1.points.map { Plot.Point(x: $0.x, y: $0.y) })
        }
    }
}
