import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

@testable import Training

struct LinearProbeTests {
    /// A weight with this share of zeros, large enough to be probed.
    private static func weight(sparsity: Double, arena: inout Arena) -> Tensor {
        let weight = arena.zeros(rows: 160, columns: 160)
        let draw = CountedRandom(seed: 2, stream: .randomMask)
        for index in 0..<weight.count where draw.uniform(at: UInt64(index)) >= sparsity { weight[index] = 1 }
        return weight
    }

    @Test("what it measured decides from then on, in a resumed run too")
    func keepsDecisions() throws {
        var arena = testArena()
        var probe = LinearProbe()
        let weight = Self.weight(sparsity: 0.9, arena: &arena)
        let purposes: [LinearProbe.Purpose] = [.inference, .training(.kept), .training(.all)]
        func decide(_ probe: inout LinearProbe) -> [Bool] {
            purposes.map { probe.prefersSparse(weight, KeptWeights(nonzeroOf: weight), for: $0) }
        }
        let decisions = decide(&probe)
        #expect(probe != LinearProbe())
        var resumed = try JSONDecoder().decode(LinearProbe.self, from: JSONEncoder().encode(probe))
        #expect(resumed == probe)
        #expect(decide(&resumed) == decisions)
        #expect(resumed == probe, "nothing was measured again")
    }

    @Test("it measures neither nearly dense weights nor small ones")
    func skipsHopeless() {
        var arena = testArena()
        var probe = LinearProbe()
        let dense = Self.weight(sparsity: 0.3, arena: &arena)
        let small = Self.weight(sparsity: 0.9, arena: &arena).rows(0..<16)
        let decisions = [dense, small].map {
            probe.prefersSparse($0, KeptWeights(nonzeroOf: $0), for: .training(.all))
        }
        #expect(decisions == [false, false])
        #expect(probe == LinearProbe())
    }

    @Test("a reproducible run chooses by the share of zeros, a check as it says")
    func choices() {
        var arena = testArena()
        let weights = [0.6, 0.9].map { Self.weight(sparsity: $0, arena: &arena) }
        func chosen(_ choice: SparseChoice) -> [Bool] {
            var choice = choice
            return weights.map { choice.isSparse($0, KeptWeights(nonzeroOf: $0), for: .training(.kept)) }
        }
        #expect(chosen(.bySparsity) == [false, true])
        #expect(chosen(.always(true)) == [true, true])
        #expect(chosen(.always(false)) == [false, false])
    }
}
