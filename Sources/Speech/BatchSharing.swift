/// How a global batch becomes micro-batches of ranks.
public struct BatchSharing: Sendable, Equatable {
    /// The most seconds of audio that a rank holds at once.
    public let rankSeconds: Double
    /// Parts that a batch is cut into whatever the number of ranks, each of which some rank takes whole; nil
    /// shares it out anew for every number of ranks.
    public let parts: Int?
    /// The most micro-batches of a batch, where their number is the same for any number of ranks.
    public let mostMicroBatches: Int?

    /// Each rank gets about as many seconds of a batch, in pieces that fit its memory.
    public init(rankSeconds: Double) {
        self.rankSeconds = rankSeconds
        parts = nil
        mostMicroBatches = nil
    }

    /// Micro-batches of a batch of `batchSeconds` are the same for any number of ranks.
    public init(rankSeconds: Double, parts: Int, batchSeconds: Double) {
        self.rankSeconds = rankSeconds
        self.parts = parts
        // Two that follow each other hold more than `rankSeconds` together.
        let ofPart = 1 + (2 * batchSeconds / (Double(parts) * rankSeconds)).rounded(.up)
        mostMicroBatches = parts * Int(min(ofPart, 1e6))
    }

    /// Each rank's micro-batches of a global batch, all of which are in exactly one.
    public func microBatches(
        of batch: [Int], utterances: [Utterance], rankCount: Int
    ) -> [[[Int]]] {
        let shares = EpochPlan.shares(of: batch, utterances: utterances, rankCount: parts ?? rankCount)
            .map { EpochPlan.microBatches(of: $0, utterances: utterances, rankSeconds: rankSeconds) }
        guard parts != nil else { return shares }
        var ranks = [[[Int]]](repeating: [], count: rankCount)
        for (index, part) in shares.joined().enumerated() { ranks[index % rankCount].append(part) }
        return ranks
    }
}
