internal import Foundation
package import JSON

/// `report.html`: a run's curves and its last numbers on one page that needs nothing else, neither network nor
/// script.
package struct RunReport {
    private let title: String
    private let recipe: String
    private var curves: [[ThinnedCurve]]
    /// The last evaluations.
    private var evaluations: [JSONValue] = []
    /// The last faults, and how many there were.
    private(set) var faults: [JSONValue] = []
    private(set) var faultCount = 0
    /// The last sums of the ranks.
    private(set) var rankSums: JSONValue?
    let outline: ReportOutline

    /// The most rows of a table or list.
    static let longest = 20
    private static let mostEvaluations = 12

    /// The report of a run directory, from its recipe file and its `metrics.jsonl`.
    ///
    /// Neither the page nor the memory that it takes grows with the number of updates.
    package init(directory: String, recipe: String, metrics: String, outline: ReportOutline) {
        self.outline = outline
        title = (directory as NSString).lastPathComponent
        self.recipe = (try? String(contentsOfFile: recipe, encoding: .utf8)) ?? ""
        curves = outline.charts.map { $0.curves.map { _ in ThinnedCurve() } }
        // A log that cannot be read to its end is shown as far as it goes.
        try? forEachLine(of: metrics) { line, _ in
            if let event = try? JSONValue(parsing: line) { add(event) }
        }
    }

    private mutating func add(_ event: JSONValue) {
        guard let kind = event["kind"]?.string else { return }
        for (index, chart) in outline.charts.enumerated() {
            for (place, curve) in chart.curves.enumerated() where curve.kind == kind {
                guard let step = event["step"]?.integer, let value = event[curve.field]?.double else {
                    continue
                }
                curves[index][place].add(x: Double(step), y: value * curve.scale)
            }
        }
        switch kind {
        case "eval": evaluations = (evaluations + [event]).suffix(Self.mostEvaluations)
        case "fault":
            faultCount += 1
            faults = (faults + [event]).suffix(Self.longest)
        case "ranks": rankSums = event
        default: break
        }
    }

    /// The page.
    package var html: String {
        let recipe = ["<h2>Recipe</h2>", Page.preformatted(recipe)]
        return Page(title, body: [summary.html, Page.figures(plots)] + reliability + recipe).html
    }

    private var plots: [String] {
        zip(outline.charts, curves).compactMap { chart, curves in
            let known = zip(chart.curves, curves).filter { !$1.points.isEmpty }
            guard !known.isEmpty else { return nil }
            let series = known.enumerated().map { index, entry in
                Plot.Series(
                    known.count > 1 ? entry.0.name : "", .series(index),
                    points: entry.1.points.map { Plot.Point(x: $0.x, y: $0.y) })
            }
            return Plot(chart.title, x: .init("updates"), y: .init(""), series: series).figure
        }
    }

    /// The evaluations as a table, the best marked.
    private var summary: TextTable {
        TextTable(
            [.right("update")] + outline.columns.map { .right($0.title) } + [.left("")],
            rows: evaluations.map { event in
                ["\(event["step"]?.integer ?? 0)"] + outline.columns.map { $0.text(of: event) }
                    + [event["best"]?.boolean == true ? "best so far" : ""]
            })
    }
}

extension ReportOutline.Column {
    /// What a cell says of an event.
    fileprivate func text(of event: JSONValue) -> String {
        let value = event[field]?.double ?? .nan
        return scale == 100 ? String(format: "%.2f %%", 100 * value) : String(format: "%.3f", scale * value)
    }
}
