import Collectives
import Tensors
import TestSupport
import Testing

/// 16 floats: the smallest bucket there is.
private let smallestBucket = 64

struct GradientReducerTests {
    @Test(
        "buckets depend only on extents: ranks launch the same ones in the same order, however backward went")
    func sameBucketsEverywhere() throws {
        let ranks = ThreadCommunicator.ranks(3)
        let offsets = [[90, 60, 59, 31, 10], [10], [99, 97, 95, 50, 11, 10]]
        for outcome in runRanks(
            ranks,
            { communicator in
                let gradients = FlatBuffer(count: 100)
                var reducer = GradientReducer(
                    communicator: communicator, gradients: gradients.all, bucketBytes: smallestBucket)
                reducer.begin(trainableFrom: 10)
                for offset in offsets[communicator.rank] { reducer.gradientsFinal(from: offset) }
                var extra = [1.0]
                try reducer.finish(extra: &extra)
            })
        { try outcome.get() }
        // 90 gradients: five buckets of 16 from the end down, what is left, and one message of numbers.
        let expected =
            Array(repeating: "sum of 16 as float32", count: 5)
            + ["sum of 10 as float32", "gather of 1 words to all"]
        for communicator in ranks { #expect(communicator.log == expected) }
    }

    @Test(
        "every trainable gradient is summed once, and no other touched",
        arguments: [(1, 0), (15, 0), (16, 0), (17, 3), (100, 0), (100, 99), (1000, 333), (64, 64)])
    func summedOnce(count: Int, first: Int) throws {
        @Sendable func gradient(_ index: Int, _ rank: Int) -> Float { Float(index + 1) / Float(rank + 3) }
        for outcome in runRanks(
            ThreadCommunicator.ranks(3),
            { communicator -> [Float] in
                let gradients = FlatBuffer(count: count)
                for index in 0..<count { gradients.all[index] = gradient(index, communicator.rank) }
                var reducer = GradientReducer(
                    communicator: communicator, gradients: gradients.all, bucketBytes: smallestBucket)
                reducer.begin(trainableFrom: first)
                for offset in stride(from: count, through: first, by: -7) {
                    reducer.gradientsFinal(from: offset)
                }
                var extra: [Double] = []
                try reducer.finish(extra: &extra)
                return first < count ? gradients[first..<count].array() : []
            })
        {
            let expected = (first..<count).map { gradient($0, 0) + gradient($0, 1) + gradient($0, 2) }
            #expect(try outcome.get() == expected)
        }
    }

    @Test("gradients before the first trainable one stay as they are")
    func frozenStay() throws {
        for outcome in runRanks(
            ThreadCommunicator.ranks(2),
            { communicator -> [Float] in
                let gradients = FlatBuffer(count: 40)
                gradients.all.fill(2)
                var reducer = GradientReducer(
                    communicator: communicator, gradients: gradients.all, bucketBytes: smallestBucket)
                reducer.begin(trainableFrom: 21)
                var extra: [Double] = []
                try reducer.finish(extra: &extra)
                return gradients.all.array()
            })
        {
            #expect(try outcome.get() == Array(repeating: 2, count: 21) + Array(repeating: 4, count: 19))
        }
    }

    @Test("a bucket starts once backward has passed all of it, and not before")
    func lowWaterMark() throws {
        let rank = ThreadCommunicator.ranks(1)[0]
        let gradients = FlatBuffer(count: 64)
        var reducer = GradientReducer(
            communicator: rank, gradients: gradients.all, bucketBytes: 2 * smallestBucket)
        reducer.begin(trainableFrom: 8)
        var launched: [Int] = []
        for offset in [60, 33, 32, 20, 8] {
            reducer.gradientsFinal(from: offset)
            launched.append(rank.log.count)
        }
        #expect(launched == [0, 0, 1, 1, 2], "the last, short bucket starts when there is nothing before it")
        reducer.gradientsFinal(from: 50)
        #expect(rank.log.count == 2, "what was final stays final")
        var extra: [Double] = []
        try reducer.finish(extra: &extra)
    }

    @Test("an update without trainable gradients and ranks without utterances still exchange their numbers")
    func nothingToSum() throws {
        let ranks = ThreadCommunicator.ranks(2)
        for outcome in runRanks(
            ranks,
            { communicator -> [Double] in
                let gradients = FlatBuffer(count: 32)
                var reducer = GradientReducer(
                    communicator: communicator, gradients: gradients.all, bucketBytes: smallestBucket)
                reducer.begin(trainableFrom: 32)
                var extra = [Double(communicator.rank), 0.5]
                try reducer.finish(extra: &extra)
                return extra
            })
        { #expect(try outcome.get() == [1, 1]) }
        #expect(ranks.map(\.log) == Array(repeating: ["gather of 2 words to all"], count: 2))
    }

    @Test("a fault reaches every rank from finish, and leaves nothing under way", arguments: 0..<5)
    func faultsPropagate(failingCall: Int) {
        let ranks = ThreadCommunicator.ranks(3, failingCall: failingCall)
        for outcome in runRanks(
            ranks,
            { communicator -> CollectiveError? in
                let gradients = FlatBuffer(count: 64)
                var reducer = GradientReducer(
                    communicator: communicator, gradients: gradients.all, bucketBytes: smallestBucket)
                reducer.begin(trainableFrom: 0)
                var extra = [0.0]
                do throws(CollectiveError) {
                    try reducer.finish(extra: &extra)
                } catch {
                    // It can start again: nothing of the previous update is left.
                    reducer.begin(trainableFrom: 64)
                    return error
                }
                return nil
            })
        {
            let error = try? outcome.get()
            let call = failingCall < 4 ? "sum of 16 as float32" : "gather of 1 words to all"
            #expect(error == CollectiveError(call, "the test wants this call to fail"))
        }
    }

    @Test("with a mask, kept gradients are summed and the others are 0, wherever buckets begin")
    func keptOnly() throws {
        let words: [UInt64] = [0xdead_beef_0123_4567, 0x0f0f_3c3c_a5a5_5a5a]
        func isKept(_ index: Int) -> Bool { words[index / 64] >> UInt64(index % 64) & 1 == 1 }
        let ranks = ThreadCommunicator.ranks(2)
        for outcome in runRanks(
            ranks,
            { communicator -> [Float] in
                let gradients = FlatBuffer(count: 100)
                for index in 0..<100 { gradients.all[index] = Float(index + communicator.rank) }
                var reducer = GradientReducer(
                    communicator: communicator, gradients: gradients.all, bucketBytes: smallestBucket,
                    wire: .bfloat16)
                reducer.begin(trainableFrom: 5, kept: KeptElements(words: words))
                var extra: [Double] = []
                try reducer.finish(extra: &extra)
                return gradients[5..<100].array()
            })
        { #expect(try outcome.get() == (5..<100).map { isKept($0) ? Float(2 * $0 + 1) : 0 }) }
        #expect(ranks[0].log.first == "sum of 16 as bfloat16, some kept")
    }

    @Test("an update that was not started cannot continue")
    func notBegun() async {
        await #expect(processExitsWith: .failure) {
            let gradients = FlatBuffer(count: 32)
            var reducer = GradientReducer(
                communicator: SoloCommunicator(), gradients: gradients.all, bucketBytes: 64)
            reducer.gradientsFinal(from: 0)
        }
    }

    @Test("an unfinished update cannot be started again")
    func notFinished() async {
        await #expect(processExitsWith: .failure) {
            let gradients = FlatBuffer(count: 32)
            var reducer = GradientReducer(
                communicator: SoloCommunicator(), gradients: gradients.all, bucketBytes: 64)
            reducer.begin(trainableFrom: 0)
            reducer.begin(trainableFrom: 0)
        }
    }

    @Test("a mask shorter than the gradients is refused")
    func shortMask() async {
        await #expect(processExitsWith: .failure) {
            let gradients = FlatBuffer(count: 65)
            var reducer = GradientReducer(
                communicator: SoloCommunicator(), gradients: gradients.all, bucketBytes: 64)
            reducer.begin(trainableFrom: 0, kept: KeptElements(words: [.max]))
        }
    }
}
