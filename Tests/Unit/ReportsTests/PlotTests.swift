import Foundation
import Testing

@testable import Reports

struct PlotTests {
    @Test("a plot is well-formed, names its series at their ends, and marks intervals, levels and labels")
    func lines() {
        let plot = Plot(
            "a < b & c", x: .init("x"), y: .init("y"),
            series: [
                .init(
                    "omp", .series(2),
                    points: [.init(x: 30, y: 20, low: 18, high: 22), .init(x: 50, y: 25, label: "50")]),
                .init("dense", .series(11), .level, points: [.init(x: 0, y: 18)]),
            ])
        for svg in [plot.file, plot.figure] {
            #expect(XMLCheck.isWellFormed(svg))
            #expect(svg.contains("a &lt; b &amp; c") && svg.contains(">omp<") && svg.contains(">50<"))
            #expect(svg.components(separatedBy: "<circle").count == 3)
            #expect(svg.contains("stroke-dasharray") && svg.contains("class=\"series-2\""))
        }
        // A file has its own colours, for both papers; a figure takes those of its page.
        #expect(plot.file.contains("prefers-color-scheme: dark") && !plot.figure.contains("<style>"))
    }

    @Test("names of series that end together are spaced apart, inside the picture")
    func namesApart() throws {
        let series = (0..<12).map { index in
            Plot.Series(
                "series \(index)", .series(index),
                points: [.init(x: 0, y: 0), .init(x: 1, y: 1 + 1e-3 * Double(index))])
        }
        let figure = Plot("t", x: .init("x"), y: .init("y"), series: series).figure
        let places = try figure.matches(of: /y="([0-9.]+)"[^>]*>series \d+</).map {
            try #require(Double($0.1))
        }.sorted()
        #expect(places.count == 12)
        #expect(zip(places, places.dropFirst()).allSatisfy { $1 - $0 > 13 })
        #expect((places.first ?? 0) > 0 && (places.last ?? 300) < 300)
    }

    @Test("a curve has a band and no dots, and a line of many points no dots either")
    func marks() {
        let points = (0..<41).map { Plot.Point(x: Double($0), y: 1, low: 0, high: 2) }
        func picture(_ mark: Plot.Mark, _ count: Int) -> String {
            Plot(
                "t", x: .init("x"), y: .init("y"),
                series: [.init("s", .series(0), mark, points: Array(points.prefix(count)))]
            ).figure
        }
        #expect(picture(.curve, 3).contains("<polygon") && !picture(.curve, 3).contains("<circle"))
        #expect(picture(.line, 40).contains("<circle") && !picture(.line, 41).contains("<circle"))
        #expect(!picture(.dots, 3).contains("<polyline") && !picture(.line, 3).contains("<polygon"))
    }

    @Test("a matrix shows every known number, and the least and the most differ in colour")
    func heatMap() {
        let map = HeatMap(
            title: "IOU", rowTitle: "mask of", columnTitle: "language", rows: ["es", "fr"],
            columns: ["es", "fr"], values: [[0.5, nil], [0.75, 1]], format: "%.2f", range: nil)
        let svg = map.file
        #expect(XMLCheck.isWellFormed(svg))
        for number in ["0.50", "0.75", "1.00"] { #expect(svg.contains(">\(number)<")) }
        #expect(svg.contains("#f0f6fc") && svg.contains("#084081") && svg.contains("class=\"unknown\""))
    }

    @Test("bars of shares are equally high, whatever their amounts")
    func stackedBars() throws {
        let figure = StackedBars(
            "t", label: "ranks", parts: ["a", "b"], bars: [("1", [1, 3]), ("2", [30, 10])]
        ).figure
        #expect(XMLCheck.isWellFormed(figure))
        let heights = try figure.matches(of: /height="([0-9.]+)" class="series/).map {
            try #require(Double($0.1))
        }
        #expect(heights.count == 4 + 2)
        #expect(heights[0] == heights[3] && heights[1] == heights[2])
    }

    @Test("an interval that reaches below zero is cut at the frame, and does not set a scale of ratios")
    func wideInterval() {
        let figure = Plot(
            "t", x: .init("ranks", .doublings), y: .init("s", .ratios),
            series: [
                .init(
                    "", .series(0), .dots,
                    points: [.init(x: 1, y: 0.4, low: -3, high: 40), .init(x: 2, y: 0.3)])
            ]
        ).figure
        #expect(XMLCheck.isWellFormed(figure))
        // Ticks of 0.2 and 0.5 hold both values; their places are the lower and the upper end.
        for tick in ["0.2", "0.5"] { #expect(figure.contains(">\(tick)<")) }
        for other in [">0.1<", "e-0", "nan"] { #expect(!figure.contains(other), "\(other)") }
        #expect(figure.contains("y1=\"240.0\"") && figure.contains("y2=\"12.0\""))
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

    @Test("points of several series at one place are side by side, and so are their labels")
    func separated() throws {
        let points = [30.0, 50, 90].map { Plot.Point(x: $0, y: 10, low: 9, high: 11, label: "p") }
        var plot = Plot(
            "t", x: .init("x"), y: .init("y"),
            series: (0..<6).map { .init("", .series($0), points: points) })
        func places() throws -> [Double] {
            try plot.figure.matches(of: /<circle cx="([0-9.]+)"/).map { try #require(Double($0.1)) }
        }
        #expect(Set(try places()).count == 3)
        plot.separatesPoints = true
        let sorted = try places().sorted()
        #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $1 - $0 >= 4 }, "\(sorted)")
        #expect(plot.figure.components(separatedBy: ">p<").count > 6)
    }

    @Test("differences are beside the zero line, and those clear of it are bold")
    func differences() {
        let chart = DifferenceChart(
            "Less < dense", label: "CER, %",
            groups: [
                (
                    "50 % zeros",
                    [
                        .init("omp", .series(2), value: 1, interval: -0.5...2.5),
                        .init("parp", .series(1), value: 3, interval: 2...4),
                    ]
                )
            ])
        let figure = chart.figure
        #expect(XMLCheck.isWellFormed(figure) && figure.contains("Less &lt; dense"))
        #expect(
            figure.contains("font-weight=\"600\">+3.00<") && !figure.contains("font-weight=\"600\">+1.00<"))
        #expect(figure.contains(">+1.00<") && figure.contains(">50 % zeros<"))
        // Of its ticks, zero alone is drawn in the colour of text.
        #expect(figure.components(separatedBy: "class=\"text\" stroke").count == 2)
    }

    @Test("a plot without points is still a picture")
    func empty() {
        #expect(XMLCheck.isWellFormed(Plot("", x: .init(""), y: .init("")).file))
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
