internal import Foundation
package import Recipe
internal import Tasks
internal import Tensors

/// What a fitted recipe would take.
package struct FittedCost: Sendable, Equatable {
    /// Hours; nil where nobody knows.
    package let hours: Double?
    /// Bytes of memory of a node's ranks.
    package let nodeBytes: Int
    /// Operations of all evaluations over those of all updates.
    package let evaluationShare: Double
    /// The seconds of an update with which ranks would wait less for each other; nil where they wait little.
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
    /// bfloat16 is taken where products are faster by this much.
    private static let bfloat16Gain = 1.3
    /// The share of its updates below which a run is not worth its time.
    private static let leastShare = 0.5

    /// Changes the recipe until it keeps to the memory and the time that there are, or says that it cannot.
    ///
    /// - Parameter cost: What a recipe would take; asked again after each change.
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
            String(format: "this machine multiplies it %.1f times as fast; float32 elsewhere", gain))
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
                        "this machine cannot: %.1f GB are needed and it has %.1f GB; take fewer ranks with more "
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
            "at the end only: the corpus for it is large beside the run")
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
                "this machine cannot: \(Int(updates)) updates take \(hoursText(hours)), and of the "
                    + "\(hoursText(wishes.hours)) that are allowed only \(affordable) updates would be left; "
                    + "take some \(ranks) ranks like these (--ranks), more --hours, or a smaller model")
            return
        }
        choose(
            "schedule.updates", .integer(max(1, affordable)),
            "as many as \(hoursText(wishes.hours)) allow; \(Int(updates)) would be better")
        choosePruningInterval()
        if number("evaluation.every_updates") > 0 { chooseEvaluations() }
    }
}
