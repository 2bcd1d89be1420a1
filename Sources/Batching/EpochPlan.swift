internal import Tensors

/// The global batches of one epoch: a pure function of costs, names, seed and epoch, the same on every rank.
///
/// Items are shuffled, cut into pools, sorted by cost within a pool and cut into batches of at most `batchCost`;
/// then the batches are shuffled. Every item is in exactly one batch, or in none where groups are balanced and its
/// own is held back. Batches at the end of a pool may be small; they count like any other, since a gradient is
/// divided by its own batch's items.
package struct EpochPlan: Sendable, Equatable {
    /// The items of each batch, as places in the list that was planned.
    package let batches: [[Int]]

    /// Batches' worth of items in a pool: enough for like costs to meet, few enough to keep batches random.
    static let poolBatches = 16.0

    /// Plans an epoch.
    ///
    /// - Parameter samplingAlpha: How groups are balanced: 1 takes all items, 0 of every group equally much
    ///   (`GroupSampling`).
    package init(
        items: [BatchItem], seed: UInt64, epoch: Int, batchCost: Double, samplingAlpha: Double = 1
    ) {
        precondition(batchCost > 0, "batches that cost \(batchCost)")
        let sampling = GroupSampling(items, alpha: samplingAlpha, seed: seed)
        let shuffled = Self.shuffled(
            items.indices.filter { sampling.holds(items[$0], epoch: epoch) }, items, seed: seed, epoch: epoch)
        var batches: [[Int]] = []
        for pool in Self.cut(shuffled, items, atMost: batchCost * Self.poolBatches) {
            let sorted = pool.enumerated().sorted { a, b in
                let (left, right) = (items[a.element], items[b.element])
                return (left.cost, a.offset) < (right.cost, b.offset)
            }
            batches += Self.cut(sorted.map(\.element), items, atMost: batchCost)
        }
        var sequence = CountedRandom(seed: seed, stream: .epochOrder, step: epoch, layer: 1).sequence
        batches.shuffle(using: &sequence)
        self.batches = batches
    }

    /// Plans an epoch of batches of as many items each, whatever they cost; the last may have fewer.
    package init(items: [BatchItem], seed: UInt64, epoch: Int, batchItems: Int) {
        precondition(batchItems > 0, "batches of \(batchItems) items")
        let shuffled = Self.shuffled(Array(items.indices), items, seed: seed, epoch: epoch)
        batches = stride(from: 0, to: shuffled.count, by: batchItems).map {
            Array(shuffled[$0..<min($0 + batchItems, shuffled.count)])
        }
    }

    /// Shuffles items by numbers that are drawn for the name, not for the place: the plan does not change when a
    /// manifest is sorted.
    private static func shuffled(
        _ indices: [Int], _ items: [BatchItem], seed: UInt64, epoch: Int
    ) -> [Int] {
        let random = CountedRandom(seed: seed, stream: .epochOrder, step: epoch)
        let keyed = indices.map { (key: random.bits(at: items[$0].identity), index: $0) }
        return keyed.sorted { ($0.key, items[$0.index].id) < ($1.key, items[$1.index].id) }.map(\.index)
    }

    /// Cuts a list into runs that cost at most so much, each of at least one item.
    private static func cut(
        _ indices: [Int], _ items: [BatchItem], atMost limit: Double
    ) -> [[Int]] {
        var runs: [[Int]] = []
        var filled = Double.infinity
        for index in indices {
            let cost = items[index].cost
            if filled + cost > limit {
                runs.append([])
                filled = 0
            }
            runs[runs.count - 1].append(index)
            filled += cost
        }
        return runs
    }

    /// Shares a batch out so that the ranks' costs are nearly equal: the costliest item first, each to the rank
    /// that has least.
    ///
    /// With fewer items than ranks, some get none.
    package static func shares(of batch: [Int], items: [BatchItem], rankCount: Int) -> [[Int]] {
        var shares = [[Int]](repeating: [], count: rankCount)
        var costs = [Double](repeating: 0, count: rankCount)
        // Of equal costs the first of the batch: its order does not depend on the manifest's, as places do.
        let costliestFirst = batch.enumerated().sorted { a, b in
            let (left, right) = (items[a.element], items[b.element])
            return (-left.cost, a.offset) < (-right.cost, b.offset)
        }
        for (_, index) in costliestFirst {
            let rank = costs.indices.reduce(0) { costs[$1] < costs[$0] ? $1 : $0 }
            shares[rank].append(index)
            costs[rank] += items[index].cost
        }
        return shares
    }

    /// Cuts a rank's share into micro-batches that cost at most so much: what it holds in memory at once.
    package static func microBatches(
        of share: [Int], items: [BatchItem], rankCost: Double
    ) -> [[Int]] {
        cut(share, items, atMost: rankCost)
    }
}
