internal import Foundation

/// Reasons why a study's figures are not reliable, one sentence each; empty if they are.
struct ScaleDoubts {
    /// How many different numbers of ranks were measured.
    let measuredRankCounts: Int
    /// The 95 % intervals of the projection: ranks, seconds of an update, lower and upper bound.
    let intervals: [(ranks: Int, seconds: Double, low: Double, high: Double)]
    /// Karp–Flatt fractions, measured and projected.
    let karpFlatt: [Double]

    /// The fewest numbers of ranks whose measurements constrain a model of several terms.
    private static let leastRankCounts = 3
    /// How far, as a share of the projected time, its interval may extend before it is meaningless.
    private static let mostUncertain = 1.0

    var sentences: [String] { [fewPoints, wide, aboveOne].compactMap { $0 } }

    private var fewPoints: String? {
        guard measuredRankCounts < Self.leastRankCounts else { return nil }
        let count = ["no number", "one number", "two numbers"][measuredRankCounts]
        return
            "Only \(count) of ranks \(measuredRankCounts == 1 ? "was" : "were") measured: any curve fits so few "
            + "points. Measure three or more before you trust the projection (--ranks 1,2,4,…)."
    }

    private var wide: String? {
        let doubtful = intervals.filter {
            $0.seconds > 0 && ($0.high - $0.seconds) / $0.seconds > Self.mostUncertain
        }
        guard let first = doubtful.min(by: { $0.ranks < $1.ranks }) else { return nil }
        return String(
            format:
                "This study is too uncertain to project beyond %d ranks: there an update takes between %.3g and %.3g s. "
                + "More launches, longer ones, or a quieter machine would narrow it.", first.ranks, first.low,
            first.high)
    }

    private var aboveOne: String? {
        guard let highest = karpFlatt.max(), highest > 1 else { return nil }
        return String(
            format:
                "Karp–Flatt fractions reach %.0f %%. Above 100 %% they are not a share: more ranks took more "
                + "time, so overhead grows, and no serial share can be derived from them.", 100 * highest)
    }
}

extension ScaleReport {
    /// What to know before the figures are read.
    var doubts: [String] {
        let points = projected.flatMap(\.points)
        return ScaleDoubts(
            measuredRankCounts: min(3, Set(measured.map(\.ranks)).count),
            intervals: points.map { ($0.ranks, $0.seconds, $0.low, $0.high) },
            karpFlatt: measured.compactMap(\.karpFlatt) + points.compactMap(\.karpFlatt)
        ).sentences
    }
}
