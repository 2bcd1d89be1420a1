/// By how much the first of two things is above the second, measured on the same runs or examples, and how sure that is.
package struct PairedDifference: Sendable, Equatable {
    /// The difference of the sample itself.
    package let value: Double
    /// Its 95 % interval, of the bootstrap.
    package let interval: ClosedRange<Double>
    /// The pairs that it is of: runs or examples.
    package let count: Int

    /// Whether the interval leaves out 0.
    package var isClear: Bool { interval.lowerBound > 0 || interval.upperBound < 0 }

    /// The mean of differences, first − second of each pair; nil where there is none.
    package init?(_ differences: [Double]) {
        self.init(count: differences.count) { drawn in
            drawn.reduce(0) { $0 + differences[$1] } / Double(drawn.count)
        }
    }

    /// A statistic of pairs, such as the difference of two error rates: each the errors of the recordings drawn over their words.
    ///
    /// - Parameters:
    ///   - count: The pairs.
    ///   - statistic: First − second, of the pairs drawn.
    package init?(count: Int, statistic: (_ drawn: [Int]) -> Double) {
        guard count > 0, let interval = Bootstrap.interval(count: count, statistic: statistic) else {
            return nil
        }
        value = statistic(Array(0..<count))
        self.interval = interval
        self.count = count
    }

    /// A statistic of runs, of which each seed made one for the first and one for the second, on the examples that all of them were
    /// judged by; ``count`` is of the runs.
    package init?(
        runs: Int, examples: Int, statistic: (_ runs: [Int], _ examples: [Int]) -> Double
    ) {
        guard runs > 0, examples > 0,
            let interval = Bootstrap.interval(runs: runs, examples: examples, statistic: statistic)
        else { return nil }
        value = statistic(Array(0..<runs), Array(0..<examples))
        self.interval = interval
        count = runs
    }
}
