import Pruning
import Tensors
import TestSupport
import Testing

struct PruningMaskApplyTests {
    @Test("applying zeroes exactly the pruned weights, whatever the pool's sizes, and nothing outside it")
    func apply() {
        for sizes in PoolFixture.sizes {
            let fixture = PoolFixture(sizes: sizes)
            let (weights, outside) = (fixture.poolValues, fixture.bitsOutside)
            for period in [1, 2, 3, 7, 64] {
                let kept = weights.indices.map { ($0 + 1) % period != 0 }
                fixture.poolValues = weights
                PruningMask(kept: kept).apply(to: fixture.values, pool: fixture.pool)
                #expect(fixture.poolValues == weights.indices.map { kept[$0] ? weights[$0] : 0 })
                #expect(fixture.bitsOutside == outside)
            }
        }
    }

    @Test("a pruned weight is a positive zero, and a kept one keeps its bits, even if it is no number")
    func bits() {
        let fixture = PoolFixture(sizes: [4])
        fixture.poolValues = [-1, -.infinity, .nan, -0.0]
        PruningMask(kept: [false, false, true, true]).apply(to: fixture.values, pool: fixture.pool)
        let bits = fixture.poolValues.map(\.bitPattern)
        #expect(bits == [0, 0, Float.nan.bitPattern, (-Float.zero).bitPattern])
    }

    @Test("weights put aside are zero meanwhile, and come back bit for bit")
    func setAside() {
        for sizes in PoolFixture.sizes {
            let fixture = PoolFixture(sizes: sizes)
            var weights = fixture.poolValues
            // Bits that arithmetic would lose.
            for (index, odd) in [-0.0, Float.nan, -.infinity, .leastNonzeroMagnitude].enumerated()
            where index < weights.count { weights[index] = odd }
            fixture.poolValues = weights
            let before = fixture.values.array().map(\.bitPattern)
            let mask = PruningMask(kept: weights.indices.map { $0 % 3 == 2 })
            let setAside = SetAsideWeights(mask, values: fixture.values, pool: fixture.pool)
            let zeros = fixture.poolValues.enumerated().count { !mask[$0.offset] && $0.element == 0 }
            #expect(zeros == mask.prunedCount)
            setAside.restore(to: fixture.values)
            #expect(fixture.values.array().map(\.bitPattern) == before)
        }
    }

    @Test("a mask that prunes nothing puts nothing aside and changes nothing")
    func nothing() {
        let fixture = PoolFixture()
        let before = fixture.values.array()
        let mask = PruningMask.allKept(count: fixture.pool.count)
        mask.apply(to: fixture.values, pool: fixture.pool)
        SetAsideWeights(mask, values: fixture.values, pool: fixture.pool).restore(to: fixture.values)
        #expect(fixture.values.array() == before)
    }

    @Test("a mask of another pool is refused")
    func otherPool() async {
        await #expect(processExitsWith: .failure) {
            let fixture = PoolFixture(sizes: [10])
            PruningMask.allKept(count: 9).apply(to: fixture.values, pool: fixture.pool)
        }
    }
}
