internal import Tensors

/// The mean difference of two methods over pairs, runs of one seed on the same data, and how sure it is: the 95 %
/// percentile interval of the bootstrap (Efron and Tibshirani, 1993, chapter 13).
///
/// Of few pairs all resamples are counted, so that the interval is a function of the pairs alone; it is then narrow
/// rather than wide, and of a single pair it has no width: read the number of pairs beside it.
struct PairedDifference: Sendable, Equatable {
    /// The mean of the differences.
    let mean: Double
    /// The 2.5th and the 97.5th percentile of the means of resamples.
    let interval: ClosedRange<Double>
    /// The pairs.
    let count: Int

    /// So many pairs are resampled in all ways: 5⁵ are 3,125.
    private static let countedPairs = 5
    private static let resamples = 10_000

    /// The difference first − second of each pair; nil if there is none.
    init?(_ differences: [Double]) {
        guard !differences.isEmpty else { return nil }
        let size = differences.count
        count = size
        mean = differences.reduce(0, +) / Double(size)
        let number =
            size <= Self.countedPairs ? (0..<size).reduce(1) { total, _ in total * size } : Self.resamples
        let random = CountedRandom(seed: 1, stream: .bootstrap)
        let means = (0..<number).map { resample -> Double in
            var (sum, rest) = (0.0, resample)
            for draw in 0..<size {
                if size <= Self.countedPairs {
                    sum += differences[rest % size]
                    rest /= size
                } else {
                    let share = random.uniform(at: UInt64(resample * size + draw))
                    sum += differences[min(size - 1, Int(share * Double(size)))]
                }
            }
            return sum / Double(size)
        }.sorted()
        let tail = Int(0.025 * Double(number))
        interval = means[tail]...means[number - 1 - tail]
    }

    /// Whether the interval leaves out 0.
    var isClear: Bool { interval.lowerBound > 0 || interval.upperBound < 0 }
}
