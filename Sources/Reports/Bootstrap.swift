internal import Tensors

/// The bootstrap (Efron and Tibshirani, 1993, chapter 13): how far a number would move had the sample been another one.
///
/// Items are drawn with repetition, as many as there are, and the number is computed of what was drawn, again and again.
package enum Bootstrap {
    /// So many items are resampled in all ways: 5⁵ are 3,125.
    static let countedItems = 5

    /// The 95 % percentile interval of a statistic of a sample; nil where the statistic is defined for no resample.
    ///
    /// Of few items all resamples are counted, so that the interval is a function of the items alone; it is then narrow rather than
    /// wide, and of a single item it has no width: say the number of items beside it.
    ///
    /// - Parameters:
    ///   - count: The items of the sample, at least 1.
    ///   - resamples: How many, where not all are counted.
    ///   - statistic: Of the items drawn, each by its index; what is not a number is left out.
    package static func interval(
        count: Int, resamples: Int = 10_000, statistic: (_ drawn: [Int]) -> Double
    ) -> ClosedRange<Double>? {
        guard count > countedItems else {
            let ways = (0..<count).reduce(1) { ways, _ in ways * count }
            return percentiles(
                (0..<ways).map { way in
                    var rest = way
                    return statistic(
                        (0..<count).map { _ in
                            defer { rest /= count }
                            return rest % count
                        })
                })
        }
        return percentiles((0..<resamples).map { statistic(draw(count, resample: $0, factor: 0)) })
    }

    /// The 95 % percentile interval of a statistic that two things vary: runs, and the examples that all of them are judged by.
    ///
    /// Either is drawn by itself (Owen, *The pigeonhole bootstrap*, 2007), which errs on the side of a wide interval.
    ///
    /// - Parameters:
    ///   - runs: The number of runs, at least 1.
    ///   - examples: The number of examples, at least 1.
    ///   - count: Resamples.
    ///   - statistic: Of the runs and examples drawn, each by its index; what is not a number is left out.
    package static func interval(
        runs: Int, examples: Int, resamples count: Int = 2_000,
        statistic: (_ runs: [Int], _ examples: [Int]) -> Double
    ) -> ClosedRange<Double>? {
        percentiles(
            (0..<count).map {
                statistic(draw(runs, resample: $0, factor: 1), draw(examples, resample: $0, factor: 2))
            })
    }

    /// So many indices below a number, with repetition: the same ones each time for a resample of a factor.
    private static func draw(_ count: Int, resample: Int, factor: UInt64) -> [Int] {
        let random = CountedRandom(seed: 1, stream: .bootstrap, step: resample, item: factor)
        return (0..<count).map { min(count - 1, Int(random.uniform(at: UInt64($0)) * Double(count))) }
    }

    /// The 2.5th and the 97.5th percentile of the numbers among some values.
    private static func percentiles(_ values: [Double]) -> ClosedRange<Double>? {
        let sorted = values.filter { !$0.isNaN }.sorted()
        guard !sorted.isEmpty else { return nil }
        let tail = Int(0.025 * Double(sorted.count))
        return sorted[tail]...sorted[sorted.count - 1 - tail]
    }
}
