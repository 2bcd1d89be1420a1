/// How a global batch is divided into the ranks' micro-batches.
package struct BatchSharing: Sendable, Equatable {
    /// The maximum cost that a rank holds at once.
    package let rankCost: Double
    /// The number of parts of a batch, independent of the number of ranks, each processed whole by one rank;
    /// nil divides it by the number of ranks.
    package let parts: Int?
    /// The most micro-batches of a batch, if their number is the same for any number of ranks.
    package let mostMicroBatches: Int?

    /// Each rank gets about equal work, in pieces that fit its memory.
    package init(rankCost: Double) {
        self.rankCost = rankCost
        parts = nil
        mostMicroBatches = nil
    }

    /// Micro-batches of a batch of `batchCost` are the same for any number of ranks.
    package init(rankCost: Double, parts: Int, batchCost: Double) {
        self.rankCost = rankCost
        self.parts = parts
        // Two consecutive ones together exceed `rankCost`.
        let ofPart = 1 + (2 * batchCost / (Double(parts) * rankCost)).rounded(.up)
        mostMicroBatches = parts * Int(min(ofPart, 1e6))
    }

    /// Each rank's micro-batches of a global batch, with every item in exactly one.
    package func microBatches(
        of batch: [Int], items: [BatchItem], rankCount: Int
    ) -> [[[Int]]] {
        let shares = EpochPlan.shares(of: batch, items: items, rankCount: parts ?? rankCount)
            .map { EpochPlan.microBatches(of: $0, items: items, rankCost: rankCost) }
        guard parts != nil else { return shares }
        var ranks = [[[Int]]](repeating: [], count: rankCount)
        for (index, part) in shares.joined().enumerated() { ranks[index % rankCount].append(part) }
        return ranks
    }
}
