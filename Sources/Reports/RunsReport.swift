/// Several runs on one page: their last numbers side by side, and their curves overlaid.
package struct RunsReport {
    private let histories: [RunHistory]

    /// The runs, which are of one task.
    package init(_ histories: [RunHistory]) { self.histories = histories }

    /// The page.
    package var html: String {
        Page(
            "\(histories.count) runs",
            body: [
                "<ul>\n"
                    + histories.map {
                        "<li><b>\(escapedHTML($0.name))</b>: \(escapedHTML($0.headline))</li>"
                    }.joined(separator: "\n") + "\n</ul>",
                Page.figures(plots),
            ]
        ).html
    }

    private var plots: [String] {
        guard let outline = histories.first?.outline else { return [] }
        let shown = Set(histories.flatMap(\.shownCharts)).sorted()
        return shown.compactMap { index in
            var ink = 0
            let series = histories.flatMap { history in
                let own = history.plot(index, named: history.name, firstInk: ink)
                ink += own.count
                return own
            }
            guard !series.isEmpty else { return nil }
            let chart = outline.charts[index]
            return Plot(chart.title, x: .init("updates"), y: .init("", chart.scale), series: series).figure
        }
    }
}
