import Pruning
import Tensors
import Testing

struct PrunablePoolTests {
    @Test("the pool is the prunable parameters one after another, without the gaps between them")
    func members() {
        let fixture = PoolFixture()
        #expect(fixture.pool.count == 21 + 64 + 1 + 260 + 63)
        #expect(fixture.pool.members.map(\.start) == [0, 21, 85, 86, 346])
        #expect(fixture.pool.members.map(\.range) == [0..<21, 21..<85, 85..<86, 86..<346, 346..<409])
        #expect(fixture.pool.members.map(\.slot.name) == (0..<5).map { "weight.\($0)" })
    }

    @Test("biases are in the pool, as in the authors' code, unless left out")
    func biases() {
        var layout = ParameterLayout()
        let weight = layout.add("weight", [4, 8], role: .prunable(layer: nil, kind: .other))
        _ = layout.add("norm", [8])
        let bias = layout.add("bias", [4], role: .prunable(layer: nil, kind: .other))
        #expect(PrunablePool(layout).members.map(\.slot) == [weight, bias])
        #expect(PrunablePool(layout).count == 36)
        #expect(PrunablePool(layout, includesBiases: false).members.map(\.slot) == [weight])
        #expect(PrunablePool(layout, includesBiases: false).count == 32)
    }

    @Test("a model without prunable parameters has an empty pool")
    func empty() {
        var layout = ParameterLayout()
        _ = layout.add("norm", [8])
        #expect(PrunablePool(layout).count == 0 && PrunablePool(layout).members.isEmpty)
    }
}
