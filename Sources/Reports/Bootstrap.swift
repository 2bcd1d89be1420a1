internal import Tensors

/// The bootstrap (Efron and Tibshirani, 1993, chapter 13): how much a number would vary with another sample.
///
/// As many items as there are are drawn with replacement, and the number is recomputed, many times.
package enum Bootstrap {
    /// Up to this many items, all resamples are enumerated: 5⁵ are 3,125.
    static let countedItems = 5

    /// The 95 % percentile interval of a statistic of a sample; nil if the statistic is defined for no
    /// resample.
    ///
    /// For few items all resamples are enumerated, so that the interval is a function of the items alone; it
    /// is then rather narrow, and for a single item it has no width: report the number of items with it.
    ///
    /// - Parameters:
    ///   - count: The items of the sample, at least 1.
    ///   - resamples: Their number, if not all are enumerated.
    ///   - statistic: A function of the drawn items' indices; NaN results are left out.
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

    /// A statistic that varies in two ways, over runs and over the examples on which all runs are evaluated, of each of
    /// 2,000 resamples of both.
    ///
    /// They are drawn independently (Owen, *The pigeonhole bootstrap*, 2007), which errs on the side of a
    /// wide interval. Draws depend on the two numbers alone: statistics of equally many runs on the same
    /// examples are paired, resample by resample, and may be subtracted.
    ///
    /// - Parameters:
    ///   - runs: The number of runs, at least 1.
    ///   - examples: The number of examples, at least 1.
    ///   - statistic: A function of the drawn runs' and examples' indices.
    package static func samples(
        runs: Int, examples: Int, statistic: (_ runs: [Int], _ examples: [Int]) -> Double
    ) -> [Double] {
        (0..<2_000).map {
            statistic(draw(runs, resample: $0, factor: 1), draw(examples, resample: $0, factor: 2))
        }
    }

    /// The 95 % percentile interval of a statistic of resamples; NaN are left out, and if all are, it is nil.
    package static func interval(of samples: [Double]) -> ClosedRange<Double>? { percentiles(samples) }

    /// Random indices below a number, with replacement: always the same ones for a given resample and factor.
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
