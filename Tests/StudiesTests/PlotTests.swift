import Foundation
import Testing

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
