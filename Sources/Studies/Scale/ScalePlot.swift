internal import Foundation
internal import Reports
internal import Session
internal import Tasks

/// A picture of numbers over ranks: ranks by doublings, points with intervals, curves, bands.
struct ScalePlot {
    /// Points or a curve, in one colour.
    struct Series {
        let name: String
        let points: [Point]
        /// Whether points are joined: only where what lies between is meant, too.
        let isCurve: Bool
        let color: Int
    }

    /// One number of ranks.
    struct Point {
        let ranks: Double
        let value: Double
        /// Where it may lie.
        var low: Double?
        var high: Double?
    }

    let title: String
    let unit: String
    let series: [Series]
    /// Whether values are by doublings, too.
    var isLogarithmic = false

    private static let colors = ["#2456a6", "#c4521d", "#2f7d4f", "#8a4fa3", "#a67c00", "#555"]
    private static let (width, height, left, right, top, bottom) = (520.0, 300.0, 62.0, 24.0, 12.0, 40.0)

    static func color(_ index: Int) -> String { colors[index % colors.count] }

    /// The picture, with its title above and the names of its series below.
    var html: String {
        var names = series.filter(\.isCurve).map {
            "<span style=\"color:\(Self.color($0.color))\">— \(escapedHTML($0.name))</span>"
        }
        if series.contains(where: { !$0.isCurve }) { names.append("<span>● measured</span>") }
        return scaleFigure(title: title, drawing: drawing, key: names)
    }

    private var drawing: Drawing {
        let points = series.flatMap(\.points)
        let ranks = points.map(\.ranks)
        let (fewest, most) = (ranks.min() ?? 1, ranks.max() ?? 1)
        let horizontal = ChartAxis(
            doublings: fewest...max(most, fewest * 2), labels: 10, from: Self.left,
            to: Self.width - Self.right)
        // What is uncertain does not set the scale: a few launches on a busy machine would press all else flat.
        let vertical = verticalAxis(points.map(\.value))
        var drawing = Drawing(width: Self.width, height: Self.height)
        drawing.label = title
        for tick in vertical.ticks {
            let y = vertical.place(tick)
            drawing.line(Self.left, y, Self.width - Self.right, y, color: "#e2e2e2")
            drawing.text(number(tick), Self.left - 6, y + 4, anchor: .end, size: 11, color: "#666")
        }
        for tick in horizontal.ticks {
            drawing.text(
                "\(Int(tick))", horizontal.place(tick), Self.height - Self.bottom + 16, size: 11,
                color: "#666")
        }
        drawing.text(
            "ranks", (Self.left + Self.width - Self.right) / 2, Self.height - 6, size: 11, color: "#666")
        drawing.text(unit, 12, Self.height / 2, size: 11, color: "#666", isTurned: true)
        for series in series { draw(series, horizontal, vertical, in: &drawing) }
        return drawing
    }

    private func verticalAxis(_ values: [Double]) -> ChartAxis {
        let (from, to) = (Self.height - Self.bottom, Self.top)
        if isLogarithmic { return ChartAxis(ratiosOf: values, from: from, to: to) }
        // Shares and costs are read from zero.
        return ChartAxis(values + [0], from: from, to: to)
    }

    private func draw(
        _ series: Series, _ horizontal: ChartAxis, _ vertical: ChartAxis, in drawing: inout Drawing
    ) {
        let color = Self.color(series.color)
        // Series measured at the same ranks stand beside each other.
        let shift = series.isCurve ? 0 : 4 * Double(series.color)
        func places(_ value: (Point) -> Double) -> [(x: Double, y: Double)] {
            series.points.map { (horizontal.place($0.ranks) + shift, vertical.clampedPlace(value($0))) }
        }
        let (middle, upper) = (places(\.value), places { $0.high ?? $0.value })
        let lower = places { $0.low ?? $0.value }
        if series.isCurve {
            drawing.area(upper + lower.reversed(), color: color)
            drawing.path(middle, color: color)
            return
        }
        for (index, place) in middle.enumerated() {
            drawing.line(place.x, lower[index].y, place.x, upper[index].y, color: color)
            drawing.dot(place.x, place.y, color: color)
        }
    }
}

/// The shares of steps as stacked bars.
struct ScaleBars {
    let title: String
    let bars: [(name: String, step: ScaleStep)]

    private static let colors = [
        "#7f8fa6", "#2456a6", "#a67c00", "#c4521d", "#2f7d4f", "#8a4fa3", "#4aa3a2", "#bbbbbb",
    ]
    private static let (width, height, left, right, top, bottom) = (520.0, 300.0, 48.0, 8.0, 12.0, 40.0)

    /// The picture, with its title above and the names of the parts below.
    var html: String {
        let key = zip(ScaleStep().parts.map(\.name), Self.colors).map {
            "<span><i style=\"background:\($1)\"></i>\($0)</span>"
        }
        return scaleFigure(title: title, drawing: drawing, key: key)
    }

    private var drawing: Drawing {
        let vertical = ChartAxis([0, 100], from: Self.height - Self.bottom, to: Self.top)
        let slot = (Self.width - Self.left - Self.right) / Double(max(1, bars.count))
        var drawing = Drawing(width: Self.width, height: Self.height)
        drawing.label = title
        for tick in vertical.ticks {
            drawing.text(
                "\(number(tick)) %", Self.left - 6, vertical.place(tick) + 4, anchor: .end, size: 11,
                color: "#666")
        }
        for (index, bar) in bars.enumerated() {
            let x = Self.left + slot * Double(index)
            var below = 0.0
            for (part, piece) in bar.step.parts.enumerated() {
                let share = 100 * piece.seconds / max(bar.step.total, 1e-12)
                let y = vertical.place(below + share)
                drawing.rectangle(
                    x + slot * 0.12, y, width: slot * 0.76, height: vertical.place(below) - y,
                    color: Self.colors[part])
                below += share
            }
            drawing.text(
                bar.name, x + slot / 2, Self.height - Self.bottom + 16, size: 11, color: "#666")
        }
        drawing.text(
            "ranks", (Self.left + Self.width - Self.right) / 2, Self.height - 6, size: 11, color: "#666")
        return drawing
    }
}

/// A picture in a page: title, drawing, and what its colours mean.
private func scaleFigure(title: String, drawing: Drawing, key: [String]) -> String {
    "<figure><figcaption>\(escapedHTML(title))</figcaption>\(drawing.svg)"
        + "<div class=\"key\">\(key.joined(separator: " "))</div></figure>"
}
