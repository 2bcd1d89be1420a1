import Foundation
import Testing

@testable import Reports
@testable import Studies

struct PlotTests {
    @Test("a chart is well-formed, names its series, and marks deviations and labels")
    func chart() {
        var chart = LineChart(title: "a < b & c", x: "x", y: "y")
        chart.series = [
            .init(
                name: "omp", color: "#009e73",
                points: [.init(x: 30, y: 20, deviation: 2), .init(x: 50, y: 25, label: "50")]),
            .init(name: "dense", color: "#000", points: [.init(x: 0, y: 18)], isLevel: true),
        ]
        let svg = chart.svg
        #expect(XMLCheck.isWellFormed(svg))
        #expect(svg.contains("a &lt; b &amp; c") && svg.contains(">omp<") && svg.contains(">50<"))
        #expect(svg.components(separatedBy: "<circle").count == 3)
        #expect(svg.contains("stroke-dasharray"))
    }

    @Test("a matrix shows every known number, and the least and the most differ in colour")
    func heatMap() {
        let map = HeatMap(
            title: "IOU", rowTitle: "mask of", columnTitle: "language", rows: ["es", "fr"],
            columns: ["es", "fr"], values: [[0.5, nil], [0.75, 1]], format: "%.2f", range: nil)
        let svg = map.svg
        #expect(XMLCheck.isWellFormed(svg))
        for number in ["0.50", "0.75", "1.00"] { #expect(svg.contains(">\(number)<")) }
        #expect(svg.contains("#f0f6fc") && svg.contains("#084081") && svg.contains("#eee"))
    }

    @Test("an interval that reaches below zero is cut at the frame, and does not set a scale of ratios")
    func wideInterval() {
        let measured = ScalePlot.Series(
            name: "dense",
            points: [.init(ranks: 1, value: 0.4, low: -3, high: 40), .init(ranks: 2, value: 0.3)],
            isCurve: false, color: 0)
        let html = ScalePlot(title: "t", unit: "s", series: [measured], isLogarithmic: true).html
        #expect(XMLCheck.isWellFormed(html))
        // Ticks of 0.2 and 0.5 hold both values; their places are the lower and the upper end.
        for tick in ["0.2", "0.5"] { #expect(html.contains(">\(tick)<")) }
        for other in [">0.1<", "e-0", "nan"] { #expect(!html.contains(other), "\(other)") }
        #expect(html.contains("y1=\"260.0\"") && html.contains("y2=\"12.0\""))
    }

    @Test("ticks of ratios are 1, 2 and 5, and powers of ten where there would be many")
    func ratios() {
        func ticks(_ values: [Double]) -> [Double] { ChartAxis(ratiosOf: values, from: 0, to: 100).ticks }
        #expect(ticks([0.3, 4]) == [0.2, 0.5, 1, 2, 5])
        #expect(ticks([1, 10]) == [1, 2, 5, 10])
        #expect(ticks([0.02, 3000]) == [0.01, 0.1, 1, 10, 100, 1000, 10_000])
        #expect(
            ticks([5]) == [5, 10] && ticks([]) == [1, 2, 5, 10] && ticks([0, -1, .nan, 2, 3]) == [2, 5])
        let axis = ChartAxis(ratiosOf: [1, 100], from: 0, to: 100)
        #expect(
            abs(axis.place(10) - 50) < 1e-9 && axis.clampedPlace(-7) == 0 && axis.clampedPlace(1e9) == 100)
    }

    @Test("a chart without points is still a picture")
    func empty() {
        #expect(XMLCheck.isWellFormed(LineChart(title: "", x: "", y: "").svg))
    }
}

/// Whether tags close as they were opened, and attributes are quoted.
enum XMLCheck {
    static func isWellFormed(_ text: String) -> Bool {
        var open: [String] = []
        var rest = Substring(text)
        while let start = rest.firstIndex(of: "<") {
            guard let end = rest[start...].firstIndex(of: ">") else { return false }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            guard tag.count(where: { $0 == "\"" }) % 2 == 0, !tag.contains("<") else { return false }
            if tag.hasPrefix("/") {
                guard open.popLast() == String(tag.dropFirst()) else { return false }
            } else if !tag.hasSuffix("/") {
                open.append(String(tag.prefix { !$0.isWhitespace }))
            }
        }
        return open.isEmpty
    }
}
