internal import Foundation

/// A picture of numbers over ranks, as SVG: ranks by doublings, points with intervals, curves, bands.
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
    private static let (width, height, left, right, top, bottom) = (520.0, 300.0, 62.0, 16.0, 12.0, 40.0)

    static func color(_ index: Int) -> String { colors[index % colors.count] }

    var html: String {
        let frame = Frame(series.flatMap(\.points), isLogarithmic: isLogarithmic)
        let names = series.map {
            "<span style=\"color:\(Self.color($0.color))\">\($0.isCurve ? "—" : "●") \(escapedHTML($0.name))</span>"
        }
        return "<figure><figcaption>\(escapedHTML(title))</figcaption>"
            + "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" "
            + "role=\"img\" aria-label=\"\(escapedHTML(title))\" font-family=\"sans-serif\">"
            + grid(frame) + series.map { draw($0, frame) }.joined() + "</svg>"
            + "<div class=\"key\">\(names.joined(separator: " "))</div></figure>"
    }

    private func grid(_ frame: Frame) -> String {
        let style = "font-size=\"11\" fill=\"#666\""
        let rows = frame.valueTicks.map { tick -> String in
            let y = fixed(frame.y(tick))
            return
                "<line x1=\"\(Self.left)\" x2=\"\(Self.width - Self.right)\" y1=\"\(y)\" y2=\"\(y)\" stroke=\"#e2e2e2\"/>"
                + "<text x=\"\(Self.left - 6)\" y=\"\(y)\" dy=\"4\" text-anchor=\"end\" \(style)>\(number(tick))</text>"
        }
        let columns = frame.rankTicks.map { tick -> String in
            let x = fixed(frame.x(tick))
            return "<text x=\"\(x)\" y=\"\(Self.height - Self.bottom + 16)\" text-anchor=\"middle\" \(style)>"
                + "\(Int(tick))</text>"
        }
        let names =
            "<text x=\"\((Self.left + Self.width - Self.right) / 2)\" y=\"\(Self.height - 6)\" "
            + "text-anchor=\"middle\" \(style)>ranks</text>"
            + "<text x=\"12\" y=\"\(Self.height / 2)\" text-anchor=\"middle\" \(style) "
            + "transform=\"rotate(-90 12 \(Self.height / 2))\">\(escapedHTML(unit))</text>"
        return (rows + columns).joined() + names
    }

    private func draw(_ series: Series, _ frame: Frame) -> String {
        let color = Self.color(series.color)
        func place(_ ranks: Double, _ value: Double) -> String {
            "\(fixed(frame.x(ranks))),\(fixed(frame.y(value)))"
        }
        guard series.isCurve else {
            return series.points.map { point in
                let x = fixed(frame.x(point.ranks))
                let bar =
                    if let low = point.low, let high = point.high {
                        "<line x1=\"\(x)\" x2=\"\(x)\" y1=\"\(fixed(frame.y(low)))\" y2=\"\(fixed(frame.y(high)))\" "
                            + "stroke=\"\(color)\"/>"
                    } else { "" }
                return bar
                    + "<circle cx=\"\(x)\" cy=\"\(fixed(frame.y(point.value)))\" r=\"3.5\" fill=\"\(color)\"/>"
            }.joined()
        }
        let upper = series.points.map { place($0.ranks, $0.high ?? $0.value) }
        let lower = series.points.reversed().map { place($0.ranks, $0.low ?? $0.value) }
        let line = series.points.map { place($0.ranks, $0.value) }
        return
            "<polygon fill=\"\(color)\" fill-opacity=\"0.13\" points=\"\((upper + lower).joined(separator: " "))\"/>"
            + "<polyline fill=\"none\" stroke=\"\(color)\" stroke-width=\"1.6\" points=\"\(line.joined(separator: " "))\"/>"
    }

    /// From numbers to places.
    private struct Frame {
        let rankTicks: [Double]
        let valueTicks: [Double]
        private let isLogarithmic: Bool
        private let (fewest, most): (Double, Double)
        private let (low, high): (Double, Double)

        init(_ points: [Point], isLogarithmic: Bool) {
            self.isLogarithmic = isLogarithmic
            let first = points.map(\.ranks).min() ?? 1
            let last = max(points.map(\.ranks).max() ?? 2, first * 2)
            (fewest, most) = (first, last)
            rankTicks = (0...16).map { first * pow(2, Double($0)) }.filter { $0 <= last * 1.001 }
            let values = points.flatMap { [$0.value, $0.low ?? $0.value, $0.high ?? $0.value] }.filter(
                \.isFinite)
            let (least, largest) = (values.min() ?? 0, max(values.max() ?? 1, 1e-12))
            if isLogarithmic {
                let bottom = pow(2, floor(log2(max(least, largest / 1e6))))
                let top = pow(2, ceil(log2(largest)))
                (low, high) = (bottom, top)
                let doublings = Int(log2(top / bottom).rounded())
                let stride = max(1, doublings / 6)
                valueTicks = Swift.stride(from: 0, through: doublings, by: stride).map {
                    bottom * pow(2, Double($0))
                }
            } else {
                let rough = max(largest, 1e-12) / 4
                let power = pow(10, floor(log10(rough)))
                let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
                let first = floor(min(least, 0) / step)
                (low, high) = (first * step, ceil(largest / step) * step)
                valueTicks = Swift.stride(from: first, through: ceil(largest / step), by: 1).map { $0 * step }
            }
        }

        func x(_ ranks: Double) -> Double {
            let share = log2(ranks / fewest) / log2(most / fewest)
            return ScalePlot.left + share * (ScalePlot.width - ScalePlot.left - ScalePlot.right)
        }

        func y(_ value: Double) -> Double {
            let share =
                isLogarithmic
                ? log2(max(value, low) / low) / max(log2(high / low), 1e-9) : (value - low) / (high - low)
            return ScalePlot.height - ScalePlot.bottom
                - min(max(share, 0), 1) * (ScalePlot.height - ScalePlot.top - ScalePlot.bottom)
        }
    }
}

/// A place in a picture.
func fixed(_ value: Double) -> String { String(format: "%.1f", value) }

/// A text as HTML shows it.
func escapedHTML(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        .replacing("\"", with: "&quot;")
}
