import Pruning
import Tensors
import Testing

struct RandomMaskTests {
    @Test("the count is exact for pools of any size and any sparsity")
    func count() {
        for sizes in PoolFixture.sizes {
            let pool = PoolFixture(sizes: sizes).pool
            for sparsity in testedSparsities {
                let mask = randomMask(pool: pool, sparsity: sparsity, seed: 3)
                #expect(mask.count == pool.count)
                #expect(mask.prunedCount == prunedCount(sparsity: sparsity, poolSize: pool.count))
            }
        }
    }

    @Test("the draw depends on the seed alone")
    func seeds() {
        let pool = PoolFixture().pool
        #expect(
            randomMask(pool: pool, sparsity: 0.5, seed: 1) == randomMask(pool: pool, sparsity: 0.5, seed: 1))
        #expect(
            randomMask(pool: pool, sparsity: 0.5, seed: 1) != randomMask(pool: pool, sparsity: 0.5, seed: 2))
    }

    @Test("every weight is pruned equally often, and pairs are as often pruned together as apart draws are")
    func uniformity() {
        let pool = PoolFixture(sizes: [21, 79]).pool
        let draws = 4000
        var counts = [Int](repeating: 0, count: 100)
        var together = 0
        for seed in 0..<UInt64(draws) {
            let mask = randomMask(pool: pool, sparsity: 0.3, seed: seed)
            for index in 0..<100 where !mask[index] { counts[index] += 1 }
            if !mask[10] && !mask[11] { together += 1 }
        }
        let deviation = (0.3 * 0.7 * Double(draws)).squareRoot()
        #expect(counts.allSatisfy { abs(Double($0) - 0.3 * Double(draws)) < 5 * deviation })
        // 30 of 100 without replacement: 0.3 · 29/99 of all draws.
        let share = 0.3 * 29 / 99
        let expected = share * Double(draws)
        #expect(abs(Double(together) - expected) < 5 * (expected * (1 - share)).squareRoot())
    }

    @Test("a block's own draw prunes exactly round(s · N) of each block")
    func layerScope() {
        let pool = PoolFixture(sizes: [21, 64, 1, 260, 63], layers: [0, 0, 1, 1, 2]).pool
        for sparsity in testedSparsities {
            let mask = randomMask(pool: pool, sparsity: sparsity, seed: 5, scope: .layer)
            for range in [0..<85, 85..<346, 346..<409] {
                let pruned = range.count - mask.keptCount(in: range)
                #expect(pruned == prunedCount(sparsity: sparsity, poolSize: range.count))
            }
        }
    }
}
