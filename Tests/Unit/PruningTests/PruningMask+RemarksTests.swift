import Pruning
import Tensors
import Testing

struct PruningMaskRemarksTests {
    /// A pool of two matrices and a bias, of which the first weights are pruned.
    private func remarks(pruned: Int) -> [String] {
        var layout = ParameterLayout()
        _ = layout.add("pooler.weight", [20, 10], role: .prunable(layer: nil, kind: .other))
        _ = layout.add("pooler.bias", [10], role: .prunable(layer: nil, kind: .other))
        _ = layout.add("query.weight", [20, 40], role: .prunable(layer: nil, kind: .other))
        let pool = PrunablePool(layout)
        var bits = [UInt64](repeating: .max, count: (pool.count + 63) / 64)
        for index in 0..<pruned { bits[index / 64] &= ~(1 << UInt64(index % 64)) }
        return PruningMask(bits: bits, count: pool.count).remarks(on: pool)
    }

    @Test("a matrix that is nearly emptied is named, unless nearly everything is pruned")
    func emptied() {
        #expect(remarks(pruned: 198).isEmpty)
        let found = remarks(pruned: 200)
        #expect(found.count == 1 && found[0].contains("200 of the 200 weights of pooler.weight"), "\(found)")
        #expect(remarks(pruned: 1008).isEmpty)
    }
}
