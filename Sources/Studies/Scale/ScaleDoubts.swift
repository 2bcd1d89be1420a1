internal import Foundation

/// Why a study cannot say what its figures seem to say, a sentence each; empty where it can.
struct ScaleDoubts {
    /// How many different numbers of ranks were measured.
    let measuredRankCounts: Int
    /// The 95 % intervals of what is projected: ranks, seconds of an update, from, to.
    let intervals: [(ranks: Int, seconds: Double, low: Double, high: Double)]
    /// Karp–Flatt fractions, measured and projected.
    let karpFlatt: [Double]

    /// Numbers of ranks below which a model of several terms is not held by what was measured.
    private static let leastRankCounts = 3
    /// The share of a projected time by which its interval may reach up before it says nothing.
    private static let mostUncertain = 1.0

    var sentences: [String] { [fewPoints, wide, aboveOne].compactMap { $0 } }

    private var fewPoints: String? {
        guard measuredRankCounts < Self.leastRankCounts else { return nil }
        let count = ["no number", "one number", "two numbers"][measuredRankCounts]
        return
            "Only \(count) of ranks \(measuredRankCounts == 1 ? "was" : "were") measured: any curve goes through so few "
            + "points. Measure three or more before you believe what is projected (--ranks 1,2,4,…)."
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
                "Karp–Flatt fractions reach %.0f %%. Above 100 %% they are no share of anything: more ranks took more "
                + "time, so what grows is overhead, and no serial part can be read from them.", 100 * highest)
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
