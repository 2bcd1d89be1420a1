internal import Foundation
internal import JSON

/// `report.html`: a run's curves and its last numbers on one self-contained page.
package struct RunReport {
    let history: RunHistory
    private let recipe: String
    private let environment: TextTable?
    /// The recipe's non-default keys and values.
    private let changes: [(key: String, value: String)]
    /// How sparsity is spread over the model.
    package var layers: HeatMap?
    package var worst: WorstUtterances?
    /// Where the page will lie.
    package var folder = "."

    /// The report of a run directory, from its recipe, `metrics.jsonl` and `environment.json`, as far as they
    /// exist.
    package init(
        history: RunHistory, recipe: String, environment: String, changes: [(key: String, value: String)] = []
    ) {
        self.history = history
        self.recipe = (try? String(contentsOfFile: recipe, encoding: .utf8)) ?? ""
        self.environment = TextTable(environment: environment)
        self.changes = changes
    }

    /// The page.
    package var html: String {
        let body =
            [
                "<p class=\"headline\">\(escapedHTML(history.headline))</p>", evaluationTable.html,
                Page.figures(plots),
            ]
            + [worst].compactMap { $0?.html(besides: folder) } + timeTable + reliability
            + [environment].compactMap { $0.map { Page.folded("Environment", $0.html) } } + settings
        var page = Page(history.name, body: body)
        page.hasSounds = worst != nil
        return page.html
    }

    private var plots: [String] {
        let outline = history.outline
        var plots = history.shownCharts.compactMap { index -> String? in
            let (chart, series) = (outline.charts[index], history.plot(index))
            guard !series.isEmpty else { return nil }
            return Plot(chart.title, x: .init("updates"), y: .init("", chart.scale), series: series).figure
        }
        let speed = history.throughput.points.map { Plot.Point(x: $0.x, y: $0.y) }
        if !speed.isEmpty {
            plots.append(
                Plot(
                    "Throughput, \(outline.workload.name)/s, smoothed", x: .init("updates"),
                    y: .init("", .fromZero),
                    series: [Plot.Series("", .series(0), points: speed)]
                ).figure)
        }
        return plots + [layers].compactMap { $0?.figure }
    }

    /// The evaluations as a table, the best marked.
    private var evaluationTable: TextTable { history.evaluationTable }

    /// Where rank 0's time went.
    private var timeTable: [String] {
        let whole = history.phaseSeconds.reduce(0, +)
        guard whole > 0 else { return [] }
        let rows = zip(RunHistory.phases, history.phaseSeconds).filter { $1 > 0.0005 * whole }.sorted {
            $0.1 > $1.1
        }
        let table = TextTable(
            [.left("rank 0"), .right("seconds"), .right("share")],
            rows: rows.map { phase, seconds in
                [
                    phase.name, String(format: "%.1f", seconds),
                    String(format: "%.1f %%", 100 * seconds / whole),
                ]
            })
        return ["<h2>Where the time went</h2>", table.html]
    }

    /// What differs from the defaults, and the full recipe collapsed.
    private var settings: [String] {
        let table = TextTable([.left("key"), .left("value")], rows: changes.map { [$0.key, $0.value] })
        return (changes.isEmpty ? [] : ["<h2>Recipe: what differs from the defaults</h2>", table.html])
            + [Page.folded("The whole recipe", Page.preformatted(recipe))]
    }
}

extension RunHistory {
    /// The evaluations as a table, the best marked.
    var evaluationTable: TextTable {
        let columns = outline.columns.filter { column in
            !column.isOptional || evaluations.contains { $0[column.field] != nil }
        }
        return TextTable(
            [.right("update")] + columns.map { .right($0.title) } + [.left("")],
            rows: evaluations.map { event in
                ["\(event["step"]?.integer ?? 0)"] + columns.map { $0.text(of: event) }
                    + [
                        event["averaged"]?.integer.map { "mean of \($0) models" }
                            ?? (event["best"]?.boolean == true ? "best so far" : "")
                    ]
            })
    }

    /// The outcome of the run, in a sentence.
    var headline: String {
        let done = "after \(updates) updates and \(Self.duration(seconds))"
        guard let last = evaluations.last else {
            return updates > 0 ? "Nothing was evaluated yet, \(done)." : "No update was done yet."
        }
        let found = outline.columns.filter { last[$0.field] != nil }.prefix(3)
            .map { "\($0.title) \($0.text(of: last))" + $0.interval(of: last) }
        var sentence = found.joined(separator: ", ") + ", \(done)."
        if let best, let first = outline.columns.first, best["step"]?.integer != last["step"]?.integer {
            sentence +=
                " The best evaluation was after update \(best["step"]?.integer ?? 0): \(first.title) "
                + "\(first.text(of: best))."
        }
        if let sparsity = mask?["sparsity"]?.double {
            sentence += String(format: " %.2f %% of the pool is zero.", 100 * sparsity)
        }
        return sentence
    }

    private static func duration(_ seconds: Double) -> String {
        seconds < 90
            ? String(format: "%.0f s", seconds)
            : seconds < 5400
                ? String(format: "%.0f min", seconds / 60) : String(format: "%.1f h", seconds / 3600)
    }
}

extension ReportOutline.Column {
    /// The text of an event's cell.
    func text(of event: JSONValue) -> String {
        guard let value = event[field]?.double else { return "" }
        return scale == 100 ? String(format: "%.2f %%", 100 * value) : String(format: "%.3f", scale * value)
    }

    /// Half the width of a rate's 95 % interval, from the number of words or characters, assumed independent
    /// (the normal approximation of the binomial); empty without counts.
    func interval(of event: JSONValue) -> String {
        let counts = ["wer": "words", "cer": "characters"][field].flatMap { event[$0]?["reference"]?.double }
        guard let rate = event[field]?.double, let counts, counts > 0, (0...1).contains(rate) else {
            return ""
        }
        return String(format: " ± %.1f", 196 * (rate * (1 - rate) / counts).squareRoot())
    }
}
