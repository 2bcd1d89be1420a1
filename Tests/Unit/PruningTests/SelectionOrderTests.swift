import Pruning
import Tensors
import TestSupport
import Testing

struct SelectionOrderTests {
    /// A mask of what comes last in a stable sort by value.
    private func sortedByValue(_ scores: [Float], pruned: Int) -> [Bool] {
        let order = scores.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
        var kept = [Bool](repeating: true, count: scores.count)
        for index in order.prefix(pruned) { kept[index] = false }
        return kept
    }

    @Test("by value the most negative go first, in pools of any size, at any sparsity")
    func sorting() throws {
        for sizes in PoolFixture.sizes {
            let fixture = PoolFixture(sizes: sizes)
            let scores = fixture.poolValues
            for sparsity in testedSparsities {
                let mask = try selectMask(
                    scores: fixture.values, order: .value, pool: fixture.pool, sparsity: sparsity
                ).mask
                let pruned = prunedCount(sparsity: sparsity, poolSize: scores.count)
                #expect(mask.kept == sortedByValue(scores, pruned: pruned), "\(sizes), \(sparsity)")
            }
        }
    }

    @Test(
        "by value large pools are right, whose scores lie on both sides of 0",
        arguments: [2, 70_000, 200_003])
    func largePools(values: Int) throws {
        let fixture = PoolFixture(sizes: [100_001, 64, 99_938])
        let random = CountedRandom(seed: 5, stream: .randomMask)
        fixture.poolValues = (0..<200_003).map { index in
            Float(Int((random.uniform(at: UInt64(index)) - 0.4) * Double(values))) * 1e-3
        }
        let scores = fixture.poolValues
        for sparsity in [1e-5, 0.3, 0.41, 0.7, 0.999, 1] {
            let selection = try selectMask(
                scores: fixture.values, order: .value, pool: fixture.pool, sparsity: sparsity)
            let pruned = prunedCount(sparsity: sparsity, poolSize: scores.count)
            let isSorted = selection.mask.kept == sortedByValue(scores, pruned: pruned)
            #expect(isSorted, "\(values) values, sparsity \(sparsity)")
            let last = scores.indices.filter { !selection.mask[$0] }.map { scores[$0] }.max()
            #expect(selection.threshold == last)
        }
    }

    @Test("zeros of either sign are equal, infinities are last and first, and NaN is refused")
    func extremes() throws {
        let fixture = PoolFixture(sizes: [5])
        fixture.poolValues = [0, -0.0, .infinity, -.infinity, -.leastNonzeroMagnitude]
        let order = [3, 4, 0, 1, 2]
        for pruned in 0...5 {
            let mask = try selectMask(
                scores: fixture.values, order: .value, pool: fixture.pool, sparsity: Double(pruned) / 5
            ).mask
            #expect(mask.kept == (0..<5).map { !order.prefix(pruned).contains($0) })
        }
        for number in [Float.nan, -Float.nan] {
            fixture.poolValues = [0, 1, number, 2, 3]
            #expect(throws: PruningError.self) {
                _ = try selectMask(
                    scores: fixture.values, order: .value, pool: fixture.pool, sparsity: 0.5)
            }
        }
    }

    @Test("each parameter is ranked by itself in the scope of parameters")
    func parameters() throws {
        let fixture = PoolFixture()
        let mask = try magnitudeMask(
            values: fixture.values, pool: fixture.pool, sparsity: 0.3, scope: .parameter
        ).mask
        for member in fixture.pool.members {
            let pruned = prunedCount(sparsity: 0.3, poolSize: member.range.count)
            let weights = Array(fixture.poolValues[member.range])
            #expect(Array(mask.kept[member.range]) == sortedMask(weights, pruned: pruned))
        }
    }
}

struct RegrownMaskTests {
    @Test("as many weights grow as are dropped, and the count stays exact")
    func counts() throws {
        let fixture = PoolFixture()
        let gradients = FlatBuffer(count: fixture.layout.count)
        gradients.all.copy(from: wave(fixture.layout.count, phase: 1.7))
        let (weights, slopes) = (fixture.poolValues, pooled(gradients.all, fixture))
        let earlier = try magnitudeMask(values: fixture.values, pool: fixture.pool, sparsity: 0.5).mask
        earlier.apply(to: fixture.values, pool: fixture.pool)
        for share in [0, 0.1, 0.5, 1] {
            let mask = try regrownMask(
                values: fixture.values, gradients: gradients.all, pool: fixture.pool, sparsity: 0.5,
                from: earlier, share: share
            ).mask
            #expect(mask.keptCount == earlier.keptCount)
            let grown = Int(share * Double(earlier.keptCount))
            let byMagnitude = earlier.kept.indices.filter { earlier[$0] }
                .sorted { weights[$0].magnitude > weights[$1].magnitude }
            let stays = Set(byMagnitude.prefix(earlier.keptCount - grown))
            let byGradient = earlier.kept.indices.filter { !stays.contains($0) }
                .sorted { slopes[$0].magnitude > slopes[$1].magnitude }
            let expected = stays.union(byGradient.prefix(grown))
            #expect(Set(mask.kept.indices.filter { mask[$0] }) == expected, "share \(share)")
        }
    }

    @Test("with a rising sparsity more are dropped than grow: the count is the new one")
    func rising() throws {
        let fixture = PoolFixture()
        let earlier = try magnitudeMask(values: fixture.values, pool: fixture.pool, sparsity: 0.3).mask
        for sparsity in [0.2, 0.3, 0.6, 1] {
            let mask = try regrownMask(
                values: fixture.values, gradients: fixture.values, pool: fixture.pool, sparsity: sparsity,
                scope: .parameter, from: earlier, share: 0.2
            ).mask
            for member in fixture.pool.members {
                let pruned = prunedCount(sparsity: sparsity, poolSize: member.range.count)
                #expect(member.range.count - mask.keptCount(in: member.range) == pruned)
            }
        }
    }

    private func pooled(_ tensor: Tensor, _ fixture: borrowing PoolFixture) -> [Float] {
        fixture.pool.members.flatMap { tensor.elements($0.slot.range).array() }
    }
}
