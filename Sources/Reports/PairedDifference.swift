/// The difference of two things measured on the same runs or examples, with its uncertainty.
package struct PairedDifference: Sendable, Equatable {
    /// The difference of the sample itself.
    package let value: Double
    /// Its 95 % bootstrap interval; nil of a single pair, which says nothing of chance.
    package let interval: ClosedRange<Double>?
    /// The number of pairs: runs or examples.
    package let count: Int

    /// Whether there is an interval, and it excludes 0.
    package var isClear: Bool { interval.map { !$0.contains(0) } ?? false }

    /// The mean of differences, first − second of each pair; nil if there is none.
    package init?(_ differences: [Double]) {
        self.init(count: differences.count) { drawn in
            drawn.reduce(0) { $0 + differences[$1] } / Double(drawn.count)
        }
    }

    /// A statistic of pairs, such as the difference of two error rates: each the errors of the drawn
    /// recordings over their words.
    ///
    /// - Parameters:
    ///   - count: The pairs.
    ///   - statistic: First − second, of the pairs drawn.
    package init?(count: Int, statistic: (_ drawn: [Int]) -> Double) {
        guard count > 0, let interval = Bootstrap.interval(count: count, statistic: statistic) else {
            return nil
        }
        value = statistic(Array(0..<count))
        self.interval = count > 1 ? interval : nil
        self.count = count
    }

    /// A statistic of runs, one of each thing per seed, on the examples on which all were evaluated;
    /// ``count`` is the number of runs.
    package init?(
        runs: Int, examples: Int, statistic: (_ runs: [Int], _ examples: [Int]) -> Double
    ) {
        guard runs > 0, examples > 0 else { return nil }
        self.init(
            runs: runs, examples: examples,
            value: statistic(Array(0..<runs), Array(0..<examples)),
            samples: Bootstrap.samples(runs: runs, examples: examples, statistic: statistic))
    }

    /// The same from a statistic of the sample itself and of each of ``Bootstrap/samples(runs:examples:statistic:)``.
    package init?(runs: Int, examples: Int, value: Double, samples: [Double]) {
        guard let interval = Bootstrap.interval(of: samples) else { return nil }
        self.value = value
        self.interval = runs * examples > 1 ? interval : nil
        count = runs
    }
}
