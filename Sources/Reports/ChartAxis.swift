internal import Foundation

/// One axis of a chart: maps numbers to positions, with round ticks.
struct ChartAxis: Sendable {
    /// The tick values: round numbers that enclose all values, or doublings.
    let ticks: [Double]
    /// Whether equal distances are equal ratios.
    private let isLogarithmic: Bool
    private let (low, high): (Double, Double)
    private let (from, to): (Double, Double)

    /// An axis for values, from one position to another.
    init(_ values: [Double], from: Double, to: Double) {
        let finite = values.filter(\.isFinite)
        var (least, most) = (finite.min() ?? 0, finite.max() ?? 1)
        if least == most {
            // A constant value is in the middle.
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
        isLogarithmic = false
    }

    /// An axis of doublings of its first value, from one place to another.
    ///
    /// - Parameter labels: About how many doublings are labelled at most.
    init(doublings range: ClosedRange<Double>, labels: Int = 8, from: Double, to: Double) {
        let doublings = log2(range.upperBound / range.lowerBound)
        let each = max(1, (doublings / Double(labels)).rounded(.up))
        ticks = stride(from: 0, through: doublings + 1e-9, by: each).map { range.lowerBound * exp2($0) }
        (low, high) = (range.lowerBound, range.upperBound)
        (self.from, self.to) = (from, to)
        isLogarithmic = true
    }

    /// An axis of equal ratios that holds the values above zero, from one place to another: with ticks at 1, 2 and 5 of each
    /// power of ten, or, where these would be many, at the powers alone.
    init(ratiosOf values: [Double], from: Double, to: Double) {
        let positive = values.filter { $0.isFinite && $0 > 0 }
        func tick(_ index: Int) -> Double {
            let power = Int((Double(index) / 3).rounded(.down))
            return [1, 2, 5][index - 3 * power] * pow(10, Double(power))
        }
        // A value that is a tick stays one, whatever its last bit says.
        let (least, most) = (positive.min() ?? 1, positive.max() ?? 10)
        var first = 3 * Int(log10(least).rounded(.down)) + 3
        while tick(first) > least * (1 + 1e-9) { first -= 1 }
        var last = first + 1
        while tick(last) < most * (1 - 1e-9) { last += 1 }
        let isLong = last - first > 9
        if isLong {
            (first, last) = (
                3 * Int((Double(first) / 3).rounded(.down)), 3 * Int((Double(last) / 3).rounded(.up))
            )
        }
        ticks = stride(from: first, through: last, by: isLong ? 3 : 1).map(tick)
        (low, high) = (tick(first), tick(last))
        (self.from, self.to) = (from, to)
        isLogarithmic = true
    }

    /// A value's position, clamped to the axis.
    func clampedPlace(_ value: Double) -> Double { place(min(max(value, low), high)) }

    /// A value's position.
    func place(_ value: Double) -> Double {
        guard value.isFinite, high > low else { return from }
        if isLogarithmic { return from + log2(max(value, low) / low) / log2(high / low) * (to - from) }
        return from + (value - low) / (high - low) * (to - from)
    }

    /// The label of a tick.
    static func label(_ value: Double) -> String {
        if value != 0 && (abs(value) < 1e-3 || abs(value) >= 1e6) { return String(format: "%.1e", value) }
        return String(format: "%.4g", value)
    }
}
