internal import Foundation
package import JSON

/// `report.html`: a run's curves and its last numbers on one page that needs nothing else, neither network nor
/// script.
package struct RunReport {
    private let title: String
    private let recipe: String
    private let events: [JSONValue]
    let outline: ReportOutline

    /// The report of a run directory, from its recipe file and its `metrics.jsonl`.
    package init(directory: String, recipe: String, metrics: String, outline: ReportOutline) {
        self.outline = outline
        title = (directory as NSString).lastPathComponent
        self.recipe = (try? String(contentsOfFile: recipe, encoding: .utf8)) ?? ""
        let lines = (try? String(contentsOfFile: metrics, encoding: .utf8)) ?? ""
        events = lines.split(separator: "\n").compactMap { try? JSONValue(parsing: $0.utf8) }
    }

    /// The page.
    package var html: String {
        let charts = outline.charts.map { Chart($0.title, $0.curves.map(curve)) }
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

    /// The events of a kind.
    package func events(_ kind: String) -> [JSONValue] { events.filter { $0["kind"]?.string == kind } }

    private func curve(_ curve: ReportOutline.Curve) -> Chart.Curve {
        let points = events(curve.kind).compactMap { event -> (x: Double, y: Double)? in
            guard let step = event["step"]?.integer, let value = event[curve.field]?.double else {
                return nil
            }
            return (Double(step), value * curve.scale)
        }
        return Chart.Curve(name: curve.name, points: points)
    }

    /// The evaluations as a table, the best marked.
    private var summary: String {
        let rows = events("eval").suffix(12).map { event -> String in
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
