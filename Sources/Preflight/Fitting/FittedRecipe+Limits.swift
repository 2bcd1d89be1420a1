internal import Foundation
package import Recipe
internal import Tasks
internal import Tensors

/// The cost of a fitted recipe.
package struct FittedCost: Sendable, Equatable {
    /// Hours; nil if unknown.
    package let hours: Double?
    /// Bytes of memory of a node's ranks.
    package let nodeBytes: Int
    /// Operations of all evaluations over those of all updates.
    package let evaluationShare: Double
    /// The batch seconds with which ranks would wait less for each other; nil if they wait little.
    package var sufficientBatchSeconds: Double?

    package init(
        hours: Double?, nodeBytes: Int, evaluationShare: Double, sufficientBatchSeconds: Double? = nil
    ) {
        (self.hours, self.nodeBytes, self.evaluationShare) = (hours, nodeBytes, evaluationShare)
        self.sufficientBatchSeconds = sufficientBatchSeconds
    }
}

extension FittedRecipe {
    /// The share of a node's memory that a run may take.
    private static let mostMemory = 0.8
    /// The share of updates' work that evaluations may take.
    private static let mostEvaluation = 0.1
    /// bfloat16 is chosen if its products are faster by this factor.
    private static let bfloat16Gain = 1.3
    /// The share of its updates below which a run is not worthwhile.
    private static let leastShare = 0.5

    /// Changes the recipe until it fits memory and time, or reports that it cannot.
    ///
    /// - Parameter cost: The cost of a recipe; called again after each change.
    package mutating func keepToLimits(cost: (Recipe) throws -> FittedCost) throws {
        choosePrecision()
        var found = try cost(recipe())
        if let seconds = found.sufficientBatchSeconds, seconds <= facts.corpus.seconds * Self.mostOfCorpus {
            enlargeBatches(to: seconds)
            found = try cost(recipe())
        }
        found = try keepToMemory(found, cost)
        found = try limitEvaluations(found, cost)
        try keepToTime(found, cost)
    }

    private mutating func choosePrecision() {
        guard let float = facts.machine.speeds[.float32], let short = facts.machine.speeds[.bfloat16] else {
            return
        }
        let gain = short / float
        guard gain > Self.bfloat16Gain else { return }
        choose(
            "precision.gemm", .string("bfloat16"),
            String(format: "its products are %.1f times as fast on this machine; float32 elsewhere", gain))
    }

    private mutating func keepToMemory(
        _ found: FittedCost, _ cost: (Recipe) throws -> FittedCost
    ) throws -> FittedCost {
        var found = found
        let limit = Int(Double(facts.machine.memoryBytes) * Self.mostMemory)
        let isText = TaskKind.text.contains(facts.task)
        for amount in isText ? [2048.0, 1024] : [100.0, 50, 30] where found.nodeBytes > limit {
            choose(
                isText ? "data.rank_tokens" : "data.rank_seconds",
                isText ? .integer(Int(amount)) : .number(amount),
                "what a rank holds at once: as much as this machine's memory allows")
            found = try cost(recipe())
        }
        if found.nodeBytes > limit {
            choose("model.recompute_activations", .boolean(true), "less memory for a third more time")
            found = try cost(recipe())
        }
        if found.nodeBytes > limit {
            notes.append(
                String(
                    format:
                        "this machine cannot: %.1f GB are needed and it has %.1f GB; use fewer ranks with more "
                        + "distributed.threads_per_rank, more nodes, or a smaller model",
                    Double(found.nodeBytes) / 1e9, Double(facts.machine.memoryBytes) / 1e9))
        }
        return found
    }

    private mutating func limitEvaluations(
        _ found: FittedCost, _ cost: (Recipe) throws -> FittedCost
    ) throws -> FittedCost {
        guard found.evaluationShare > Self.mostEvaluation else { return found }
        choose(
            "evaluation.every_updates", .integer(0),
            "only at the end: the evaluation corpus is large compared with the run")
        return try cost(recipe())
    }

    private mutating func keepToTime(_ found: FittedCost, _ cost: (Recipe) throws -> FittedCost) throws {
        guard let hours = found.hours, hours > wishes.hours else { return }
        let updates = number("schedule.updates")
        let share = wishes.hours / hours
        let affordable = Int(updates * share)
        guard share >= Self.leastShare else {
            let ranks = Int((Double(facts.machine.ranks) * hours / wishes.hours).rounded(.up))
            notes.append(
                "this machine cannot: \(Int(updates)) updates take \(hoursText(hours)), and the "
                    + "\(hoursText(wishes.hours)) allowed are enough for only \(affordable); "
                    + "use about \(ranks) ranks like these (--ranks), more --hours, or a smaller model")
            return
        }
        choose(
            "schedule.updates", .integer(max(1, affordable)),
            "as many as \(hoursText(wishes.hours)) allow; \(Int(updates)) would be better")
        choosePruningInterval()
        if number("evaluation.every_updates") > 0 { chooseEvaluations() }
    }
}
