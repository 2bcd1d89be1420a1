internal import Foundation
internal import Pruning
internal import Recipe
internal import Reports

/// `comparison.html`: a comparison on one page that needs nothing else, neither network nor script.
struct ComparisonPage {
    let report: ComparisonReport

    private var comparison: Comparison { report.comparison }

    /// The page.
    var html: String {
        let parts =
            report.headlines.map { "<p class=\"headline\">\(escapedHTML($0))</p>" }
            + [list(report.details), list(report.doubts)]
            + [Page.figures(comparison.data.flatMap(figures))]
            + report.errorTables.map(\.html) + ["<p>\(Page.sentence(report.costRemark))</p>"]
            + report.resultSections.map(\.html) + maps + whatWasRun
        return Page(Self.title(of: comparison), body: parts).html
    }

    private static func title(of comparison: Comparison) -> String {
        "Comparison of \(comparison.options.methods.count) methods: "
            + (comparison.options.recipe as NSString).lastPathComponent
    }

    private func list(_ sentences: [String]) -> String {
        guard !sentences.isEmpty else { return "" }
        return "<ul>\n" + sentences.map { "<li>\(Page.sentence($0))</li>" }.joined(separator: "\n")
            + "\n</ul>"
    }

    /// The pictures of a language's results.
    private func figures(_ data: ComparedData) -> [String] {
        let plots = report.resultPlots(data).map(\.figure)
        return Array(plots.prefix(1)) + differences(on: data) + Array(plots.dropFirst())
    }

    /// What zeros cost: each method at each sparsity less the dense model.
    private func differences(on data: ComparedData) -> [String] {
        let rows = report.table.rows(of: data.name)
        guard let dense = rows.first(where: { $0.method == .dense }) else { return [] }
        let scale = report.metric.scale
        let groups = Set(rows.map(\.sparsity)).filter { $0 > 0 }.sorted().map { sparsity in
            (
                name: "\(report.percent(sparsity)) % zeros",
                rows: rows.filter { $0.sparsity == sparsity }.compactMap { row -> DifferenceChart.Row? in
                    guard let found = report.difference(row, dense) else { return nil }
                    return .init(
                        row.method.rawValue, row.method.ink, value: scale * found.value,
                        interval: found.interval.map { scale * $0.lowerBound...scale * $0.upperBound })
                }
            )
        }
        guard groups.contains(where: { !$0.rows.isEmpty }) else { return [] }
        let direction = report.metric.higherIsBetter ? "right of 0 is better" : "left of 0 is better"
        return [
            DifferenceChart(
                report.title("Less the dense model, with 95 % intervals; bold is clear of 0", data.name),
                label: "\(report.metric.heading): \(direction)", groups: groups
            ).figure
        ]
    }

    /// Transfers and masks as maps, their numbers folded away.
    private var maps: [String] {
        let pictures = report.transferPlots + report.maskPlots
        guard !pictures.isEmpty else { return [] }
        let numbers = report.mapSections.map(\.html).joined(separator: "\n")
        return ["<h2>Masks</h2>", Page.figures(pictures.map(\.figure)), Page.folded("In numbers", numbers)]
    }

    /// Recipe, data, machine, and a link to each run's own page.
    private var whatWasRun: [String] {
        let entries = report.table.rows.flatMap { row in row.entries.map { (row, $0) } }
        let items = entries.map { row, entry in
            let name =
                "\(row.method.rawValue)"
                + (row.sparsity > 0 ? " at \(report.percent(row.sparsity)) %" : "") + ", seed \(entry.seed)"
            let value = String(format: "%.2f", report.metric.scale * entry.record.value(of: report.metric))
            return
                "<li>\(escapedHTML(row.data.isEmpty ? "" : row.data + ", "))<a href=\"\(link(entry.folder))\">"
                + "\(escapedHTML(name))</a>: \(escapedHTML(report.metric.title)) \(value)</li>"
        }
        return ["<h2>What was run</h2>", TextTable([.left(""), .left("")], rows: facts).html]
            + [Page.folded("Each run", "<ul>\n\(items.joined(separator: "\n"))\n</ul>")]
            + (entries.first.map { details(of: $0.1.folder) } ?? [])
    }

    /// The page of a run, as it lies beside this one.
    private func link(_ folder: String) -> String {
        let path = folder.dropFirst(comparison.options.output.count + 1) + "/report.html"
        let safe = CharacterSet(charactersIn: "/-._~").union(.alphanumerics)
        return path.addingPercentEncoding(withAllowedCharacters: safe) ?? ""
    }

    private var facts: [[String]] {
        let options = comparison.options
        func joined(_ values: [some CustomStringConvertible]) -> String {
            values.map(\.description).joined(separator: ", ")
        }
        var rows = [
            ["recipe", options.recipe], ["changed", options.overrides.joined(separator: "  ")],
            ["methods", joined(options.methods)],
            ["sparsities", options.sparsities.map { "\(report.percent($0)) %" }.joined(separator: ", ")],
            ["seeds", joined(Array(Set(report.table.rows.flatMap { $0.entries.map(\.seed) })).sorted())],
            ["learning rates", joined(options.learningRates)],
        ]
        for data in comparison.data {
            rows += [
                ["trained on", data.train], ["evaluated on", data.valid], ["judged by", data.test ?? ""],
            ]
        }
        return rows.filter { !$0[1].isEmpty }
    }

    /// Machine and recipe of one run, folded away.
    private func details(of folder: String) -> [String] {
        let recipe = (try? String(contentsOfFile: folder + "/recipe.toml", encoding: .utf8)) ?? ""
        let environment = TextTable(environment: folder + "/environment.json")
        return (environment.map { [Page.folded("Environment of the first run", $0.html)] } ?? [])
            + (recipe.isEmpty ? [] : [Page.folded("Recipe of the first run", Page.preformatted(recipe))])
    }
}
