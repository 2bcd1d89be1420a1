import Testing

@testable import Training

struct BindingReportTests {
    private let ranks = [
        RankPlacement(host: "a", processors: [0, 1, 2, 3], threads: 4),
        RankPlacement(host: "a", processors: [4, 5, 6, 7, 9], threads: 4),
        RankPlacement(host: "b", processors: [], threads: 1),
    ]

    @Test func processorsAreWrittenAsLinuxWritesThem() {
        #expect(numberRanges([3, 0, 1, 2, 8]) == "0-3,8")
        #expect(numberRanges([5]) == "5")
        #expect(processorList(numberRanges([0, 2, 4, 5])) == [0, 2, 4, 5])
    }

    @Test func aLineForAllSaysHowManyLieWhere() {
        #expect(
            bindingReport(ranks, each: false)
                == ["ranks: 3 on 2 machine(s), at most 2 each; 2 of them with processors of their own"])
        #expect(bindingReport([ranks[0]], each: false).isEmpty)
    }

    @Test func onDemandEachRankHasALine() {
        #expect(
            bindingReport(ranks, each: true).dropFirst() == [
                "rank 0 on a: processors 0-3, 4 thread(s)", "rank 1 on a: processors 4-7,9, 4 thread(s)",
                "rank 2 on b: processors unknown, 1 thread(s)",
            ])
    }

    @Test func ranksThatShareProcessorsHaveNoneOfTheirOwn() {
        let sharing = [0, 1].map { _ in RankPlacement(host: "a", processors: [0, 1], threads: 1) }
        #expect(bindingReport(sharing, each: false)[0].contains("0 of them"))
    }
}
