import Testing

@testable import Training

struct ProcessorCheckTests {
    private func rank(_ host: String, _ processors: [Int], threads: Int = 1) -> RankPlacement {
        RankPlacement(host: host, processors: processors, threads: threads)
    }

    @Test func aListOfProcessorsIsReadAsLinuxWritesIt() {
        #expect(processorList("\t0-3,8") == [0, 1, 2, 3, 8])
        #expect(processorList("5") == [5])
    }

    @Test(arguments: ["", "3-1", "x", "0-99999999999"])
    func aListThatIsNoneIsEmpty(_ text: String) { #expect(processorList(text).isEmpty) }

    @Test func ranksThatFitTheirProcessorsAreNotWarnedOf() {
        #expect(processorWarnings([rank("a", [0]), rank("a", [1]), rank("b", [0])]).isEmpty)
        #expect(processorWarnings([rank("a", [0, 1]), rank("a", [0, 1])]).isEmpty)
        #expect(processorWarnings([rank("a", [0, 1], threads: 2)]).isEmpty)
    }

    @Test func moreThreadsThanProcessorsOfANodeAreWarnedOfWithTheNode() {
        let warnings = processorWarnings([rank("a", [0, 1], threads: 2), rank("a", [0, 1]), rank("b", [0])])
        #expect(warnings.count == 1)
        #expect(warnings[0].contains("2 ranks of 3 thread(s) in all share 2 processor(s) of a"))
    }

    @Test func ranksBoundToOneProcessorAreNamedWithTheBindingThatHelps() {
        let warnings = processorWarnings([rank("a", [0]), rank("a", [0]), rank("a", [1, 2, 3])])
        #expect(warnings.count == 1)
        #expect(warnings[0].contains("rank 0, 1 on a runs 2 thread(s) but is bound to 1 processor(s)"))
        let threads = processorWarnings([rank("a", [0], threads: 2), rank("a", [1, 2, 3], threads: 2)])
        #expect(threads.count == 1)
        #expect(threads[0].contains("--map-by slot:PE=2"))
    }

    @Test func aSystemThatDoesNotSayIsNotWarnedOf() {
        #expect(processorWarnings([rank("a", [], threads: 64)]).isEmpty)
    }

    @Test func thisProcessKnowsItsProcessors() {
        #expect(!RankPlacement.own(host: "here", threads: 1).processors.isEmpty)
    }
}
