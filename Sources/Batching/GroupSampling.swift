internal import Foundation
internal import Tensors

/// Which items an epoch contains when groups, such as languages, are balanced.
///
/// As in XLSR (Conneau et al., 2020, section 3.2), a group with cost n of a total N is sampled with a
/// probability proportional to (n / N)^α. The most up-weighted group is in every epoch completely. Of every
/// other group an epoch contains a part, a different one each time: after any number of epochs its items were
/// used equally often, give or take once. No item occurs twice in an epoch, so no batch has copies.
struct GroupSampling: Sendable {
    /// The share of each group in an epoch; items without a group form their own.
    private let shares: [String?: Double]
    private let seed: UInt64

    /// The sampling of some items with the exponent α, from 0, all groups alike, to 1, as they are.
    init(_ items: [BatchItem], alpha: Double, seed: UInt64) {
        precondition((0...1).contains(alpha), "an exponent of \(alpha)")
        var costs: [String?: Double] = [:]
        for item in items { costs[item.group, default: 0] += item.cost }
        // p / n is proportional to n^(α − 1): the group with the least cost is up-weighted most.
        let least = costs.values.min() ?? 1
        shares = costs.mapValues { pow($0 / least, alpha - 1) }
        self.seed = seed
    }

    /// Whether an epoch contains an item.
    func holds(_ item: BatchItem, epoch: Int) -> Bool {
        let share = shares[item.group] ?? 1
        guard share < 1 else { return true }
        // Counts how often the item came before and after the epoch, from a start of its own.
        let start = CountedRandom(seed: seed, stream: .epochOrder, layer: 2).uniform(at: item.identity)
        return (share * Double(epoch + 1) + start).rounded(.down)
            > (share * Double(epoch) + start).rounded(.down)
    }
}
