import Pruning
import Tensors
import Testing
import Training

struct KeptElementsTests {
    @Test("a mask keeps all gradients but those of the weights it prunes, gaps and other parameters too")
    func keptOfMask() {
        var layout = ParameterLayout()
        _ = layout.add("norm", Shape([3]))
        _ = layout.add("first", Shape([5, 7]), role: .prunable(layer: nil, kind: .other))
        _ = layout.add("bias", Shape([2]))
        _ = layout.add("second", Shape([4, 17]), role: .prunable(layer: nil, kind: .other))
        let pool = PrunablePool(layout)
        #expect(pool.count == 35 + 68)
        let mask = PruningMask(bits: [0x5555_5555_5555_5555, 0x3333_3333_3333_3333], count: pool.count)
        let kept = KeptElements(mask, pool: pool, elementCount: layout.count)
        #expect(kept.covers(layout.count))
        var dropped: Set<Int> = []
        for member in pool.members {
            for index in 0..<member.slot.shape.count where !mask[member.start + index] {
                dropped.insert(member.slot.offset + index)
            }
        }
        #expect(dropped.count == mask.prunedCount)
        #expect((0..<layout.count).allSatisfy { kept[$0] == !dropped.contains($0) })
    }
}
