/// An exponential moving average: each new value weighs a twentieth.
package struct SmoothedValue: Sendable {
    private static let weight = 0.05
    private var sum = 0.0
    private var weights = 0.0

    /// No values yet.
    package init() {}

    /// The mean so far; NaN and infinite values are left out.
    package var value: Double { weights > 0 ? sum / weights : .nan }

    /// Adds a value.
    package mutating func add(_ value: Double) {
        guard value.isFinite else { return }
        sum += Self.weight * (value - sum)
        weights += Self.weight * (1 - weights)
    }
}
