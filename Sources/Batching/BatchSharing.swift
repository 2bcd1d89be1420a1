/// How a global batch becomes micro-batches of ranks.
package struct BatchSharing: Sendable, Equatable {
    /// The most that what a rank holds at once may cost.
    package let rankCost: Double
    /// Parts that a batch is cut into whatever the number of ranks, each of which some rank takes whole; nil
    /// shares it out anew for every number of ranks.
    package let parts: Int?
    /// The most micro-batches of a batch, where their number is the same for any number of ranks.
    package let mostMicroBatches: Int?

    /// Each rank gets about as much work of a batch, in pieces that fit its memory.
    package init(rankCost: Double) {
        self.rankCost = rankCost
        parts = nil
        mostMicroBatches = nil
    }

    /// Micro-batches of a batch of `batchCost` are the same for any number of ranks.
    package init(rankCost: Double, parts: Int, batchCost: Double) {
        self.rankCost = rankCost
        self.parts = parts
        // Two that follow each other hold more than `rankCost` together.
        let ofPart = 1 + (2 * batchCost / (Double(parts) * rankCost)).rounded(.up)
        mostMicroBatches = parts * Int(min(ofPart, 1e6))
    }

    /// Each rank's micro-batches of a global batch, all of which are in exactly one.
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
