internal import Foundation

/// One direction of a chart: from numbers to places, with round ticks.
package struct ChartAxis: Sendable {
    /// Where the axis is labelled: round numbers that hold all values between them.
    package let ticks: [Double]
    private let (low, high): (Double, Double)
    private let (from, to): (Double, Double)

    /// An axis that holds values, from one place to another.
    package init(_ values: [Double], from: Double, to: Double) {
        let finite = values.filter(\.isFinite)
        var (least, most) = (finite.min() ?? 0, finite.max() ?? 1)
        if least == most {
            // What does not change stands in the middle.
            let margin = max(abs(most) / 10, 1e-6)
            (least, most) = (least - margin, most + margin)
        }
        let rough = (most - least) / 4
        let power = pow(10, floor(log10(rough)))
        let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
        let (first, last) = (floor(least / step), ceil(most / step))
        ticks = stride(from: first, through: last, by: 1).map { $0 * step }
        (low, high) = (first * step, last * step)
        (self.from, self.to) = (from, to)
    }

    /// Where a value stands.
    package func place(_ value: Double) -> Double {
        guard value.isFinite, high > low else { return from }
        return from + (value - low) / (high - low) * (to - from)
    }

    /// A number as a tick is labelled.
    package static func label(_ value: Double) -> String {
        if value != 0 && (abs(value) < 1e-3 || abs(value) >= 1e6) { return String(format: "%.1e", value) }
        return String(format: "%.4g", value)
    }
}

/// A text as HTML shows it.
func escapedForMarkup(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
}
