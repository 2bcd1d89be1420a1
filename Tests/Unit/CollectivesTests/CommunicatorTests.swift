import Collectives
import Tensors
import TestSupport
import Testing

struct CommunicatorTests {
    @Test("numbers are summed in the order of ranks, so that all hold the same bits")
    func orderOfSums() throws {
        // (1e16 + 1) - 1e16 is 0, and 1e16 - 1e16 + 1 is 1: the order shows.
        let values = [1e16, 1, -1e16]
        for outcome in runRanks(
            ThreadCommunicator.ranks(3),
            { communicator -> ([Double], [Int]) in
                var numbers = [values[communicator.rank], -0.0]
                try communicator.allReduceSum(&numbers)
                var wholes = [communicator.rank - 1, Int.min / 4]
                try communicator.allReduceSum(&wholes)
                return (numbers, wholes)
            })
        {
            let (numbers, wholes) = try outcome.get()
            #expect(numbers[0] == 0)
            #expect(numbers[1].sign == .minus, "a sum of negative zeros is one: nothing else was added")
            #expect(wholes == [0, Int.min / 4 * 3])
        }
    }

    @Test("ranks that hold the same hash agree; those that do not are named on every rank")
    func agreement() {
        for outcome in runRanks(
            ThreadCommunicator.ranks(4),
            { communicator in
                try communicator.agree(on: 7, what: "the mask")
                try communicator.agree(on: communicator.rank % 2 == 0 ? 7 : 8, what: "the weights")
            })
        {
            #expect {
                try outcome.get()
            } throws: { error in
                "\(error)".hasPrefix("replica check: the weights of rank 1, 3 differs from rank 0's")
            }
        }
    }

    @Test("ranks that make different calls fail, all of them, and so does what follows")
    func outOfStep() {
        for outcome in runRanks(
            ThreadCommunicator.ranks(2),
            { communicator -> Bool in
                var words: [UInt64] = [1]
                #expect(throws: CollectiveError.self) {
                    if communicator.rank == 0 {
                        try communicator.barrier()
                    } else {
                        try communicator.broadcast(&words, root: 0)
                    }
                }
                #expect(throws: CollectiveError.self) { try communicator.barrier() }
                return true
            })
        { #expect((try? outcome.get()) == true) }
    }

    @Test("everything that is sent arrives, of every length", arguments: [0, 1, 17])
    func messages(count: Int) throws {
        let ranks = ThreadCommunicator.ranks(3)
        for outcome in runRanks(
            ranks,
            { communicator in
                let rank = communicator.rank
                var words = Array(repeating: UInt64.max - UInt64(rank), count: count)
                try communicator.broadcast(&words, root: 2)
                #expect(words == Array(repeating: .max - 2, count: count))
                var numbers = Array(repeating: Double(rank) / 3, count: count)
                try communicator.broadcast(&numbers, root: 1)
                #expect(numbers == Array(repeating: 1.0 / 3, count: count))
                let bytes = Array(repeating: UInt8(rank), count: count * rank)
                let gathered = try communicator.gather(bytes, root: 0)
                #expect(gathered?.map(\.count) == (rank == 0 ? [0, count, 2 * count] : nil))
                #expect(
                    try communicator.broadcastData(rank == 1 ? bytes : nil, root: 1)
                        == Array(repeating: 1, count: count))
                let tensor = try communicator.makeBuffer(count: count)
                tensor.all.fill(Float(rank))
                try communicator.broadcast(tensor.all, root: 2)
                try communicator.allReduceSum(tensor.all)
                #expect(tensor.all.array() == Array(repeating: 6, count: count))
            })
        { try outcome.get() }
    }

    @Test("a run of one rank changes nothing, but for what a mask drops")
    func solo() throws {
        let solo = SoloCommunicator()
        let buffer = solo.makeBuffer(count: 70)
        for index in 0..<70 { buffer.all[index] = Float(index + 1) }
        try solo.allReduceSum(buffer.all)
        #expect(buffer.all.array() == (1...70).map(Float.init))
        try solo.enqueueSum(buffer.all, wire: .bfloat16, kept: KeptElements(words: [~2, 0b100])).wait()
        let dropped: Set = [1, 64, 65, 67, 68, 69]
        let expected: [Float] = (0..<70).map { dropped.contains($0) ? 0 : Float($0 + 1) }
        #expect(buffer.all.array() == expected)
        var numbers = [0.5, 2]
        try solo.allReduceSum(&numbers)
        #expect(numbers == [0.5, 2])
        #expect(solo.gather([1, 2], root: 0) == [[1, 2]])
        try solo.agree(on: 1, what: "anything")
    }
}
