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
        let charts = zip(outline.charts, curves).map { chart, curves in
            Chart(
                chart.title, zip(chart.curves, curves).map { Chart.Curve(name: $0.name, points: $1.points) })
        }
        return """
            <!doctype html>
            <html lang="en"><meta charset="utf-8"><title>\(escapedHTML(title))</title>
            <style>
            body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 62em; padding: 0 1em; color: #222; }
            .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(24em, 1fr)); gap: 1.5em; }
            figure { margin: 0; } figcaption { font-weight: 600; } svg { width: 100%; height: auto; }
            table { border-collapse: collapse; margin-bottom: 1.5em; } td, th { padding: .2em .8em .2em 0; text-align: left; }
            pre { background: #f5f5f3; padding: 1em; overflow-x: auto; font-size: 13px; }
            </style>
            <h1>\(escapedHTML(title))</h1>
            \(summary)
            <div class="charts">
            \(charts.map(\.html).joined(separator: "\n"))
            </div>
            \(reliability)<h2>Recipe</h2>
            <pre>\(escapedHTML(recipe))</pre>
            </html>

            """
    }

    /// The evaluations as a table, the best marked.
    private var summary: String {
        let rows = evaluations.map { event -> String in
            let cells =
                ["\(event["step"]?.integer ?? 0)"] + outline.columns.map { $0.text(of: event) }
                + [event["best"]?.boolean == true ? "best so far" : ""]
            return "<tr>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>"
        }
        let heads = (["update"] + outline.columns.map(\.title) + [""]).map { "<th>\($0)</th>" }.joined()
        return "<table><tr>\(heads)</tr>\n\(rows.joined(separator: "\n"))</table>"
    }
}

extension ReportOutline.Column {
    /// What a cell says of an event.
    fileprivate func text(of event: JSONValue) -> String {
        let value = event[field]?.double ?? .nan
        return scale == 100 ? String(format: "%.2f %%", 100 * value) : String(format: "%.3f", scale * value)
    }
}

/// Curves over updates, as an SVG picture.
private struct Chart {
    struct Curve {
        let name: String
        let points: [(x: Double, y: Double)]
    }

    private let title: String
    private let curves: [Curve]
    private static let colors = ["#2456a6", "#c4521d"]
    private static let (width, height, left, right, bottom, top) = (480.0, 240.0, 56.0, 24.0, 28.0, 10.0)

    init(_ title: String, _ curves: [Curve]) {
        self.title = title
        self.curves = curves.filter { !$0.points.isEmpty }
    }

    var html: String {
        guard !curves.isEmpty else { return "" }
        let xs = curves.flatMap { $0.points.map(\.x) }
        let ys = curves.flatMap { $0.points.map(\.y) }
        let horizontal = ChartAxis(xs, from: Self.left, to: Self.width - Self.right)
        let vertical = ChartAxis(ys, from: Self.height - Self.bottom, to: Self.top)
        let lines = zip(curves, Self.colors).map { curve, color -> String in
            let points = curve.points.map {
                String(format: "%.1f,%.1f", horizontal.place($0.x), vertical.place($0.y))
            }
            let line = "<polyline fill=\"none\" stroke=\"\(color)\" stroke-width=\"1.6\" points=\""
            // A single point would be no line at all.
            let dots =
                curve.points.count > 40
                ? ""
                : points.map { point in
                    let (x, y) = (point.prefix { $0 != "," }, point.drop { $0 != "," }.dropFirst())
                    return "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"2.5\" fill=\"\(color)\"/>"
                }.joined()
            return line + points.joined(separator: " ") + "\"/>" + dots
        }
        let names = zip(curves, Self.colors).map {
            "<span style=\"color:\($0.1)\">\(escapedHTML($0.0.name))</span>"
        }
        return "<figure><figcaption>\(escapedHTML(title))</figcaption>"
            + "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\">"
            + grid(horizontal, vertical) + lines.joined() + "</svg>"
            + (curves.count > 1 ? names.joined(separator: " · ") : "") + "</figure>"
    }

    private func grid(_ horizontal: ChartAxis, _ vertical: ChartAxis) -> String {
        let style = "font-size=\"11\" fill=\"#666\""
        let rows = vertical.ticks.map { tick -> String in
            let y = String(format: "%.1f", vertical.place(tick))
            return
                "<line x1=\"\(Self.left)\" x2=\"\(Self.width - Self.right)\" y1=\"\(y)\" y2=\"\(y)\" stroke=\"#ddd\"/>"
                + "<text x=\"\(Self.left - 6)\" y=\"\(y)\" dy=\"4\" text-anchor=\"end\" \(style)>"
                + "\(ChartAxis.label(tick))</text>"
        }
        let columns = horizontal.ticks.map { tick in
            "<text x=\"\(String(format: "%.1f", horizontal.place(tick)))\" y=\"\(Self.height - 8)\" "
                + "text-anchor=\"middle\" \(style)>\(ChartAxis.label(tick))</text>"
        }
        return (rows + columns).joined()
    }
}
