internal import Batching
internal import Recipe
internal import Tasks

/// How evenly a recipe's batches can be divided among ranks, since no utterance is split.
package struct SharingForecast: Sendable {
    /// The share of time that ranks wait for the busiest one, by their utterances' work.
    package let idleShare: Double
    /// The `data.batch_seconds` with which they would wait at most `mostIdle`; nil if they do already, or if
    /// no number would do.
    package let sufficientBatchSeconds: Double?
    /// Seconds of audio of each rank.
    let rankSeconds: [Double]

    /// The largest idle share that is not reported.
    static let mostIdle = 0.08
    /// The ratio of one tried number to the previous one.
    private static let growth = 1.1
    /// Utterances after which a number of seconds is judged: many batches, for any corpus.
    private static let judgedUtterances = 10_000

    /// Whether the ranks wait so much that a recipe should be changed.
    package var isUneven: Bool { idleShare > Self.mostIdle }

    init(_ inputs: PlannedInputs, walk: UpdateWalk, ranks: Int) {
        rankSeconds = walk.rankSeconds
        idleShare = Self.idleShare(walk.operations, busiest: walk.busiestOperations, ranks: ranks)
        sufficientBatchSeconds =
            idleShare > Self.mostIdle ? Self.sufficientBatchSeconds(inputs, ranks: ranks) : nil
    }

    private static func idleShare(_ work: Double, busiest: Double, ranks: Int) -> Double {
        busiest > 0 ? max(0, 1 - work / (Double(ranks) * busiest)) : 0
    }

    /// The smallest tried number of seconds that is enough; an epoch must have a full batch of it.
    private static func sufficientBatchSeconds(_ inputs: PlannedInputs, ranks: Int) -> Double? {
        let items = inputs.task.data.items
        let all = items.reduce(0) { $0 + $1.cost }
        var seconds = inputs.recipe.data.batchSeconds
        while true {
            seconds = (seconds * growth).rounded(.up)
            guard seconds <= all else { return nil }
            var recipe = inputs.recipe
            recipe.data.batchSeconds = seconds
            if idleShare(recipe, items, ranks: ranks) <= mostIdle { return seconds }
        }
    }

    private static func idleShare(_ recipe: Recipe, _ items: [BatchItem], ranks: Int) -> Double {
        let sharing = recipe.batchSharing
        var walk = recipe.batchSchedule(of: items).walk(from: 0)
        var (work, busiest, seen) = (0.0, 0.0, 0)
        while seen < judgedUtterances {
            let batch = walk.nextBatch().items
            seen += batch.count
            let shares = sharing.microBatches(of: batch, items: items, rankCount: ranks)
                .map { $0.joined().reduce(0) { $0 + items[$1].work } }
            work += shares.reduce(0, +)
            busiest += shares.max() ?? 0
        }
        return idleShare(work, busiest: busiest, ranks: ranks)
    }
}
