import Testing

@testable import Studies

struct ScaleDoubtsTests {
    private func doubts(
        counts: Int = 4, high: Double = 1.2, karpFlatt: [Double] = [0.05, 0.4]
    ) -> [String] {
        ScaleDoubts(
            measuredRankCounts: counts,
            intervals: [(64, 1, 0.8, high), (128, 1, 0.5, 3 * high)], karpFlatt: karpFlatt
        ).sentences
    }

    @Test("a study names only the ranks from which it is unsure")
    func sure() {
        #expect(
            ScaleDoubts(measuredRankCounts: 3, intervals: [(64, 1, 0.9, 1.9)], karpFlatt: [1]).sentences
                .isEmpty)
        #expect(doubts().count == 1 && doubts()[0].contains("beyond 128 ranks"))
    }

    @Test("two points, wide intervals and fractions above 100 % are each reported")
    func told() {
        #expect(doubts(counts: 2)[0].hasPrefix("Only two numbers of ranks were measured"))
        #expect(doubts(high: 2.5)[0].contains("beyond 64 ranks: there an update takes between 0.8 and 2.5 s"))
        let above = doubts(high: 0.5, karpFlatt: [0.3, 1.37])
        #expect(above.count == 1 && above[0].contains("reach 137 %"))
    }
}
