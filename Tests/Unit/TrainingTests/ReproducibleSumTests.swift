import Collectives
import Optimization
import Tensors
import TestSupport
import Testing

@testable import Training

struct ReproducibleSumTests {
    private static let count = 200

    /// A number of a part, of very different sizes.
    @Sendable private static func number(_ part: Int, _ index: Int) -> Float {
        let random = CountedRandom(seed: 5, stream: .randomMask, step: part)
        let size = Float(
            sign: .plus, exponent: Int(random.uniform(at: UInt64(1000 + index)) * 20) - 10, significand: 1)
        return (Float(random.uniform(at: UInt64(index))) - 0.5) * size
    }

    /// The sums of six parts, dealt out to ranks.
    private func sums(ranks: Int, from offset: Int, broken: Int? = nil) throws -> [(
        bits: [UInt32], isExact: Bool
    )] {
        try runRanks(ThreadCommunicator.ranks(ranks)) { communicator -> ([UInt32], Bool) in
            let gradients = FlatBuffer(count: Self.count)
            var sum = ReproducibleSum(communicator: communicator, gradients: gradients.all, parts: 6)
            sum.begin(trainableFrom: offset)
            for part in (0..<6).reversed() where part % ranks == communicator.rank {
                for index in offset..<Self.count { gradients.all[index] = Self.number(part, index) }
                if part == broken { gradients.all[offset] = .infinity }
                sum.addPart(from: offset)
            }
            let isExact = try sum.finish(from: offset, kept: nil)
            return (gradients.all.array().map(\.bitPattern), isExact)
        }.map { try $0.get() }.map { (bits: $0.0, isExact: $0.1) }
    }

    @Test(
        "sums have the same bits however parts are dealt out: those of whole numbers of quanta",
        arguments: [0, 33])
    func sameBits(offset: Int) throws {
        let alone = try sums(ranks: 1, from: offset)[0]
        #expect(alone.isExact)
        for index in offset..<Self.count {
            // Each part is rounded to the nearest quantum, ties to even; what is added then are whole numbers.
            let quanta = (0..<6).reduce(0) { sum, part in
                sum + Int((Double(Self.number(part, index)) / ExactSum.quantum).rounded(.toNearestOrEven))
            }
            #expect(Float(bitPattern: alone.bits[index]) == Float(Double(quanta) * ExactSum.quantum))
        }
        #expect(alone.bits[..<offset].allSatisfy { $0 == 0 })
        for ranks in [2, 3, 4] {
            for rank in try sums(ranks: ranks, from: offset) {
                #expect(rank.bits == alone.bits && rank.isExact)
            }
        }
    }

    @Test("a gradient that is not finite is told by the rank that has it")
    func notFinite() throws {
        let ranks = try sums(ranks: 3, from: 0, broken: 4)
        #expect(ranks.map(\.isExact) == [true, false, true])
    }
}
