internal import Tensors

/// The global batches of one epoch: a pure function of costs, names, seed and epoch, the same on every rank and for any
/// number of them.
///
/// Items are drawn in random order and dealt to one batch after another, short and long together. A batch
/// skips those that no longer fit, which come first in the next, until it is filled to within `tolerance`.
/// The last third of a batch goes to the longest that fits: short ones, which fit anywhere, are kept for
/// where nothing else fits, so that only an epoch's last two or three batches may be underfilled. The very
/// last gets the rest, and an item that costs more than a batch gets its own. All batches count equally,
/// since a gradient is divided by its own batch's items. Every item is in exactly one batch, or in none if
/// groups are balanced and its own is held back.
package struct EpochPlan: Sendable, Equatable {
    /// The items of each batch, as indices into the planned list.
    package let batches: [[Int]]

    /// The version of batch planning: a run started with another cannot continue with this one.
    package static let version = 3

    /// The share of a batch that may stay empty.
    static let tolerance = 0.05
    /// The share of a batch that is filled by choice; more would sort by length, and less would leave no
    /// short ones.
    private static let chosenShare = 1.0 / 3
    /// The number of items searched for one that fits: enough to find it, few enough to be fast.
    static let lookahead = 256

    /// Plans an epoch.
    ///
    /// - Parameter samplingAlpha: How groups are balanced: 1 takes all items, 0 equally much of every group
    ///   (`GroupSampling`).
    package init(
        items: [BatchItem], seed: UInt64, epoch: Int, batchCost: Double, samplingAlpha: Double = 1
    ) {
        precondition(batchCost > 0, "batches that cost \(batchCost)")
        let sampling = GroupSampling(items, alpha: samplingAlpha, seed: seed)
        let drawn = Self.shuffled(
            items.indices.filter { sampling.holds(items[$0], epoch: epoch) }, items, seed: seed, epoch: epoch)
        batches = Self.deal(drawn, items, limit: batchCost)
    }

    /// Fills batches one after another.
    private static func deal(_ drawn: [Int], _ items: [BatchItem], limit: Double) -> [[Int]] {
        var batches: [[Int]] = []
        var waiting: [Int] = []
        var next = 0
        func look() {
            let count = min(lookahead - waiting.count, drawn.count - next)
            waiting += drawn[next..<next + count]
            next += count
        }
        look()
        while !waiting.isEmpty {
            var batch = [waiting.removeFirst()]
            var filled = items[batch[0]].cost
            while filled < (1 - tolerance) * limit {
                look()
                guard let place = nextPlace(waiting, items, room: limit - filled, limit: limit) else { break }
                let index = waiting.remove(at: place)
                batch.append(index)
                filled += items[index].cost
            }
            batches.append(batch)
            look()
        }
        return batches
    }

    /// Which of the waiting items goes into a batch's remaining space: the first that fits, or at its end the
    /// first of the longest.
    private static func nextPlace(
        _ waiting: [Int], _ items: [BatchItem], room: Double, limit: Double
    ) -> Int? {
        let fits = { (place: Int) in items[waiting[place]].cost <= room }
        guard room <= chosenShare * limit else { return waiting.indices.first(where: fits) }
        return waiting.indices.filter(fits).max {
            (items[waiting[$0]].cost, -$0) < (items[waiting[$1]].cost, -$1)
        }
    }

    /// Plans an epoch of batches with a fixed number of items, whatever their cost; the last may have fewer.
    package init(items: [BatchItem], seed: UInt64, epoch: Int, batchItems: Int) {
        precondition(batchItems > 0, "batches of \(batchItems) items")
        let shuffled = Self.shuffled(Array(items.indices), items, seed: seed, epoch: epoch)
        batches = stride(from: 0, to: shuffled.count, by: batchItems).map {
            Array(shuffled[$0..<min($0 + batchItems, shuffled.count)])
        }
    }

    /// Shuffles items by random numbers of their names, not their indices: the plan does not change when a
    /// manifest is sorted.
    private static func shuffled(
        _ indices: [Int], _ items: [BatchItem], seed: UInt64, epoch: Int
    ) -> [Int] {
        let random = CountedRandom(seed: seed, stream: .epochOrder, step: epoch)
        let keyed = indices.map { (key: random.bits(at: items[$0].identity), index: $0) }
        return keyed.sorted { ($0.key, items[$0.index].id) < ($1.key, items[$1.index].id) }.map(\.index)
    }

    /// Divides a list into runs of at most this cost, each of at least one item.
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

    /// Divides a batch so that the ranks' work is nearly equal: the most expensive item first, each to the
    /// least loaded rank.
    ///
    /// No item is split: with fewer items than ranks, some get none.
    package static func shares(of batch: [Int], items: [BatchItem], rankCount: Int) -> [[Int]] {
        var shares = [[Int]](repeating: [], count: rankCount)
        var work = [Double](repeating: 0, count: rankCount)
        // Among equal ones the first of the batch, whose order, unlike indices, does not depend on the
        // manifest's.
        let longestFirst = batch.enumerated().sorted { a, b in
            let (left, right) = (items[a.element], items[b.element])
            return (-left.work, a.offset) < (-right.work, b.offset)
        }
        for (_, index) in longestFirst {
            let rank = work.indices.reduce(0) { work[$1] < work[$0] ? $1 : $0 }
            shares[rank].append(index)
            work[rank] += items[index].work
        }
        return shares
    }

    /// Divides a rank's share into micro-batches of at most this cost: what it holds in memory at once.
    package static func microBatches(
        of share: [Int], items: [BatchItem], rankCost: Double
    ) -> [[Int]] {
        cut(share, items, atMost: rankCost)
    }
}
