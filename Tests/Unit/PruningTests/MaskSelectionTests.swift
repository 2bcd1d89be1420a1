import Pruning
import Tensors
import TestSupport
import Testing

struct MaskSelectionTests {
    @Test("the count is round(s · N), halves to the even neighbour, as PyTorch rounds")
    func count() {
        let cases: [(Double, Int, Int)] = [
            (0.5, 1, 0), (0.5, 3, 2), (0.5, 5, 2), (0.5, 7, 4), (0.25, 10, 2), (0.75, 10, 8), (0.3, 10, 3),
            (0.625, 4, 2), (0, 10, 0), (1, 10, 10), (0.5, 0, 0), (1e-9, 10, 0), (0.499, 1, 0), (0.501, 1, 1),
            (0.5, 85_017_600, 42_508_800),
        ]
        for (sparsity, poolSize, expected) in cases {
            #expect(
                prunedCount(sparsity: sparsity, poolSize: poolSize) == expected,
                "\(sparsity) of \(poolSize)")
        }
    }

    @Test("the mask is the one that sorting finds, for pools of any size and any sparsity")
    func sorting() throws {
        for sizes in PoolFixture.sizes {
            let fixture = PoolFixture(sizes: sizes)
            let weights = fixture.poolValues
            for sparsity in testedSparsities {
                let selection = try magnitudeMask(
                    values: fixture.values, pool: fixture.pool, sparsity: sparsity)
                let pruned = prunedCount(sparsity: sparsity, poolSize: weights.count)
                #expect(selection.mask.prunedCount == pruned)
                #expect(selection.mask.kept == sortedMask(weights, pruned: pruned), "\(sizes), \(sparsity)")
            }
        }
    }

    @Test("no pruned weight is larger than a kept one, and the threshold is the largest pruned")
    func threshold() throws {
        let fixture = PoolFixture()
        let weights = fixture.poolValues
        for sparsity in testedSparsities {
            let selection = try magnitudeMask(
                values: fixture.values, pool: fixture.pool, sparsity: sparsity)
            let kept = selection.mask.kept
            let largestPruned = weights.indices.filter { !kept[$0] }.map { weights[$0].magnitude }.max()
            let smallestKept = weights.indices.filter { kept[$0] }.map { weights[$0].magnitude }.min()
            #expect(selection.threshold == largestPruned ?? 0)
            #expect(largestPruned ?? 0 <= smallestKept ?? .infinity)
        }
    }

    @Test(
        "pools larger than the sample are right, whether weights are all different, few values or nearly one",
        arguments: [1, 2, 3, 70_000, 200_003])
    func largePools(values: Int) throws {
        let fixture = PoolFixture(sizes: [100_001, 64, 99_938])
        let random = CountedRandom(seed: 3, stream: .randomMask)
        // A few values are uneven: the first takes most places, so that a sample's bracket holds it alone.
        fixture.poolValues = (0..<200_003).map { index in
            let draw = random.uniform(at: UInt64(index))
            let value = values < 10 ? Int(draw * draw * draw * Double(values)) : Int(draw * Double(values))
            return Float(value) * (index % 2 == 0 ? 0.001 : -0.001)
        }
        let weights = fixture.poolValues
        for sparsity in [1e-5, 0.3, 0.5, 0.7, 0.999, 1] {
            let pruned = prunedCount(sparsity: sparsity, poolSize: weights.count)
            let selection = try magnitudeMask(values: fixture.values, pool: fixture.pool, sparsity: sparsity)
            let isSorted = selection.mask.kept == sortedMask(weights, pruned: pruned)
            #expect(isSorted, "\(values) values, sparsity \(sparsity)")
        }
    }

    @Test("magnitudes that differ in their last bit only are told apart")
    func lastBit() throws {
        let fixture = PoolFixture(sizes: [65])
        // 65 neighbouring floats, in falling order, of either sign.
        let weights = (0..<65).map { index -> Float in
            let magnitude = Float(bitPattern: Float(0.01).bitPattern + UInt32(64 - index))
            return index % 2 == 0 ? magnitude : -magnitude
        }
        fixture.poolValues = weights
        for pruned in [1, 13, 32, 64] {
            let selection = try magnitudeMask(
                values: fixture.values, pool: fixture.pool, sparsity: Double(pruned) / 65)
            #expect(selection.mask.kept == (0..<65).map { $0 < 65 - pruned })
            #expect(selection.threshold == weights[65 - pruned].magnitude)
        }
    }

    @Test("of equal magnitudes those first in the pool go, across parameters, whatever their sign")
    func ties() throws {
        let fixture = PoolFixture()
        fixture.poolValues = (0..<fixture.pool.count).map { $0 % 3 == 0 ? -0.5 : 0.5 }
        for sparsity in testedSparsities {
            let selection = try magnitudeMask(
                values: fixture.values, pool: fixture.pool, sparsity: sparsity)
            let pruned = prunedCount(sparsity: sparsity, poolSize: fixture.pool.count)
            #expect(selection.mask.kept == (0..<fixture.pool.count).map { $0 >= pruned })
            #expect(selection.threshold == (pruned > 0 ? 0.5 : 0))
        }
    }

    @Test("a pool of zeros, positive and negative, is pruned to the exact count with threshold 0")
    func zeros() throws {
        let fixture = PoolFixture()
        fixture.poolValues = (0..<fixture.pool.count).map { $0 % 2 == 0 ? 0 : -0.0 }
        let selection = try magnitudeMask(values: fixture.values, pool: fixture.pool, sparsity: 0.5)
        #expect(selection.mask.prunedCount == prunedCount(sparsity: 0.5, poolSize: fixture.pool.count))
        #expect(selection.mask.kept == (0..<fixture.pool.count).map { $0 >= selection.mask.prunedCount })
        #expect(selection.threshold == 0)
    }

    @Test("more exact zeros than are to be pruned: only zeros go")
    func manyZeros() throws {
        let fixture = PoolFixture()
        var weights = fixture.poolValues
        for index in weights.indices where index % 4 != 0 { weights[index] = 0 }
        fixture.poolValues = weights
        let mask = try magnitudeMask(values: fixture.values, pool: fixture.pool, sparsity: 0.3).mask
        #expect(mask.prunedCount == prunedCount(sparsity: 0.3, poolSize: fixture.pool.count))
        let onlyZeros = weights.indices.allSatisfy { mask[$0] || weights[$0] == 0 }
        #expect(onlyZeros)
    }

    @Test("subnormal numbers come before others and after zeros; infinities come last")
    func extremes() throws {
        let fixture = PoolFixture(sizes: [6])
        fixture.poolValues = [
            .infinity, .leastNonzeroMagnitude, -.infinity, 0, -.leastNormalMagnitude,
            .greatestFiniteMagnitude,
        ]
        let order = [3, 1, 4, 5, 0, 2]
        for pruned in 0...6 {
            let selection = try magnitudeMask(
                values: fixture.values, pool: fixture.pool, sparsity: Double(pruned) / 6)
            #expect(selection.mask.kept == (0..<6).map { !order.prefix(pruned).contains($0) })
        }
        let all = try magnitudeMask(values: fixture.values, pool: fixture.pool, sparsity: 1)
        #expect(all.threshold == .infinity)
    }

    @Test("a NaN weight is refused with its parameter's name, whatever its sign")
    func notANumber() {
        for number in [Float.nan, -Float.nan, .signalingNaN] {
            let fixture = PoolFixture()
            fixture.store[fixture.pool.members[3].slot.range][200] = number
            var message = ""
            do {
                _ = try magnitudeMask(values: fixture.values, pool: fixture.pool, sparsity: 0.5)
            } catch {
                message = error.description
            }
            #expect(message.hasPrefix("weight.3 has a NaN weight"))
        }
    }

    @Test("what is outside the pool is not looked at")
    func outside() throws {
        let fixture = PoolFixture()
        let expected = try magnitudeMask(values: fixture.values, pool: fixture.pool, sparsity: 0.5).mask
        for slot in fixture.layout.slots where slot.role == .kept { fixture.store[slot.range].fill(.nan) }
        let mask = try magnitudeMask(values: fixture.values, pool: fixture.pool, sparsity: 0.5).mask
        #expect(mask == expected)
    }

    @Test("selection changes no weight")
    func readsOnly() throws {
        let fixture = PoolFixture()
        let before = fixture.values.array()
        _ = try magnitudeMask(values: fixture.values, pool: fixture.pool, sparsity: 0.5)
        #expect(fixture.values.array() == before)
    }

    @Test("pruning what is pruned at the same sparsity finds weights of the same zeros")
    func idempotent() throws {
        let fixture = PoolFixture()
        let first = try magnitudeMask(values: fixture.values, pool: fixture.pool, sparsity: 0.5).mask
        first.apply(to: fixture.values, pool: fixture.pool)
        let second = try magnitudeMask(values: fixture.values, pool: fixture.pool, sparsity: 0.5)
        #expect(second.mask == first && second.threshold == 0)
    }

    @Test("a block's own ranking prunes exactly round(s · N) of each block, and is that of the block alone")
    func layerScope() throws {
        let fixture = PoolFixture(sizes: [21, 64, 1, 260, 63], layers: [0, 0, 1, 1, 2])
        for sparsity in testedSparsities {
            let selection = try magnitudeMask(
                values: fixture.values, pool: fixture.pool, sparsity: sparsity, scope: .layer)
            let weights = fixture.poolValues
            for range in [0..<85, 85..<346, 346..<409] {
                let pruned = prunedCount(sparsity: sparsity, poolSize: range.count)
                let expected = sortedMask(Array(weights[range]), pruned: pruned)
                #expect(Array(selection.mask.kept[range]) == expected, "\(sparsity), \(range)")
            }
            let largest = weights.indices.filter { !selection.mask[$0] }.map { weights[$0].magnitude }.max()
            #expect(selection.threshold == largest ?? 0)
        }
    }

    @Test("within an earlier mask, what it pruned stays pruned and counts, and the rest is ranked")
    func withinEarlier() throws {
        let fixture = PoolFixture()
        let weights = fixture.poolValues
        let earlier = PruningMask(kept: weights.indices.map { $0 * $0 % 7 < 4 })
        for scope in [PruningScope.global, .layer] {
            for sparsity in testedSparsities {
                let selection = try magnitudeMask(
                    values: fixture.values, pool: fixture.pool, sparsity: sparsity, scope: scope,
                    within: earlier)
                let target = prunedCount(sparsity: sparsity, poolSize: weights.count)
                #expect(selection.mask.prunedCount == max(target, earlier.prunedCount))
                #expect(selection.mask.revived(since: earlier) == 0)
                let pruned = weights.indices.filter { earlier[$0] && !selection.mask[$0] }
                let largest = pruned.map { weights[$0].magnitude }.max() ?? 0
                let smallest = weights.indices.filter { selection.mask[$0] }.map { weights[$0].magnitude }
                    .min()
                #expect(largest <= smallest ?? .infinity && selection.threshold == largest)
            }
        }
    }

    @Test("an earlier mask that keeps all changes nothing, and kept zeros are pruned first")
    func withinAll() throws {
        let fixture = PoolFixture()
        var weights = fixture.poolValues
        let all = PruningMask.allKept(count: weights.count)
        for sparsity in testedSparsities {
            let free = try magnitudeMask(values: fixture.values, pool: fixture.pool, sparsity: sparsity)
            let within = try magnitudeMask(
                values: fixture.values, pool: fixture.pool, sparsity: sparsity, within: all)
            #expect(free.mask == within.mask && free.threshold == within.threshold)
        }
        // A pruned weight that is 0 and a kept one that is: the pruned one must not come back for it.
        let earlier = PruningMask(kept: weights.indices.map { $0 % 2 == 0 })
        for index in weights.indices where index % 2 == 1 || index < 20 { weights[index] = 0 }
        fixture.poolValues = weights
        let mask = try magnitudeMask(
            values: fixture.values, pool: fixture.pool, sparsity: 0.51, within: earlier
        ).mask
        #expect(mask.revived(since: earlier) == 0)
        let pruned = mask.prunedCount - earlier.prunedCount
        #expect(pruned > 0 && (0..<pruned).allSatisfy { !mask[2 * $0] })
    }

    @Test("the mask of a sparse model is 0 where weights are 0, of either sign, and nowhere else")
    func nonzeros() {
        for sizes in PoolFixture.sizes {
            let fixture = PoolFixture(sizes: sizes)
            let weights = fixture.poolValues.enumerated().map { index, weight in
                index % 3 == 0 ? 0 : index % 7 == 0 ? -0.0 : index % 5 == 0 ? .leastNonzeroMagnitude : weight
            }
            fixture.poolValues = weights
            let mask = nonzeroMask(values: fixture.values, pool: fixture.pool)
            #expect(mask.kept == weights.map { $0 != 0 }, "\(sizes)")
        }
    }

    @Test("a sparsity outside 0 to 1 is a fault of the program")
    func outOfRange() async {
        await #expect(processExitsWith: .failure) {
            let fixture = PoolFixture()
            _ = try? magnitudeMask(values: fixture.values, pool: fixture.pool, sparsity: 1.5)
        }
    }
}
