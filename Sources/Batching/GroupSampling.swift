internal import Foundation
internal import Tensors

/// Which items an epoch holds when groups are balanced, languages for instance.
///
/// As XLSR does (Conneau et al., 2020, section 3.2), a group that is n of a cost of N comes with a
/// probability proportional to (n / N)^α. The group that is raised most comes whole in every epoch. Of every other
/// an epoch holds a part, another one each time: after any number of epochs its items came equally often, give or
/// take once. No item comes twice in an epoch, so that no batch holds copies.
struct GroupSampling: Sendable {
    /// The share of each group that an epoch holds; those without a name are a group of their own.
    private let shares: [String?: Double]
    private let seed: UInt64

    /// The sampling of some items with the exponent α, from 0, all groups alike, to 1, as they are.
    init(_ items: [BatchItem], alpha: Double, seed: UInt64) {
        precondition((0...1).contains(alpha), "an exponent of \(alpha)")
        var costs: [String?: Double] = [:]
        for item in items { costs[item.group, default: 0] += item.cost }
        // p / n is proportional to n^(α − 1): the group that costs least is raised most.
        let least = costs.values.min() ?? 1
        shares = costs.mapValues { pow($0 / least, alpha - 1) }
        self.seed = seed
    }

    /// Whether an epoch holds an item.
    func holds(_ item: BatchItem, epoch: Int) -> Bool {
        let share = shares[item.group] ?? 1
        guard share < 1 else { return true }
        // Counts how often the item came before and after the epoch, from a start of its own.
        let start = CountedRandom(seed: seed, stream: .epochOrder, layer: 2).uniform(at: item.identity)
        return (share * Double(epoch + 1) + start).rounded(.down)
            > (share * Double(epoch) + start).rounded(.down)
    }
}
