internal import Foundation
internal import Pruning
internal import Recipe

/// An oddity of a planned run, and the keys that change it.
package struct PlanRemark: Sendable, Equatable {
    /// The oddity, as a sentence without a full stop.
    package let sentence: String
    /// The keys, or options, that change it.
    package let keys: [String]

    /// The remark in one line.
    var text: String { "\(sentence) (\(keys.joined(separator: ", ")))" }
}

/// The quantities from which remarks on a plan are made.
struct PlannedAmounts {
    let recipe: Recipe
    /// The work of one pass over the corpus: seconds of audio, or examples.
    let corpus: Double
    /// The work of one update, as set in the recipe.
    let batch: Double
    /// The number of epochs in all updates.
    let epochs: Double
    /// The hours that it will take; nil if unknown.
    let hours: Double?
    /// The operations of all evaluations over those of all updates.
    let evaluationShare: Double
    /// Masks between the first and the last.
    let masksBetween: Int

    /// What makes no sense, or needs a reason; most serious first.
    var remarks: [PlanRemark] {
        [tooLong, wholeEpochs, manyEpochs, fewMasks, rareCheckpoints, manyEvaluations].compactMap { $0 }
    }

    private var updates: Int { recipe.schedule.updates }
    private var batchKey: String { recipe.task.workUnit.batchKey }

    /// Days beyond which to warn.
    private static let mostDays = 3.0
    /// The share of a corpus in an update above which gradients hardly differ between updates.
    private static let mostOfCorpus = 0.5
    /// The number of epochs above which to warn.
    private static let mostEpochs = 200.0
    /// Masks between the first and the last below which to warn: with one accuracy fell by up to 43 points, with
    /// seven by up to 20 (docs/results.md).
    private static let fewestMasks = 8
    /// Hours of unsaved work above which to warn.
    private static let mostHoursUnsaved = 2.0

    private var tooLong: PlanRemark? {
        guard let hours, hours > 24 * Self.mostDays else { return nil }
        let days = hours / 24
        let time = days < 14 ? String(format: "%.0f days", days) : String(format: "%.0f weeks", days / 7)
        return PlanRemark(
            sentence: "the run takes \(time) at this machine's speed",
            keys: ["schedule.updates", batchKey, "model.path", "--ranks"])
    }

    private var wholeEpochs: PlanRemark? {
        guard batch > Self.mostOfCorpus * corpus, corpus > 0 else { return nil }
        let share = batch / corpus
        let amount =
            share < 1
            ? String(format: "%.0f %% of the corpus", 100 * share)
            : share < 1.05 ? "the whole corpus" : String(format: "the corpus %.1f times", share)
        return PlanRemark(
            sentence:
                "an update is \(amount): \(number(neat(corpus / 16))) would make sixteen updates per epoch",
            keys: [batchKey])
    }

    private var manyEpochs: PlanRemark? {
        guard epochs > Self.mostEpochs, recipe.task != .pretrain else { return nil }
        return PlanRemark(
            sentence: String(
                format: "the run passes over the corpus %@ times: about 50 would need %d updates",
                grouped(epochs),
                max(1, Int(50 / epochs * Double(updates)))),
            keys: ["schedule.updates", batchKey])
    }

    private var fewMasks: PlanRemark? {
        let pruning = recipe.pruning
        guard recipe.task != .pretrain, pruning.method.isPARP, pruning.sparsity > 0,
            masksBetween < Self.fewestMasks
        else { return nil }
        return PlanRemark(
            sentence:
                "\(masksBetween) masks come between the first and the last: each cuts much of what was trained since",
            keys: ["pruning.interval"])
    }

    private var rareCheckpoints: PlanRemark? {
        let checkpoint = recipe.checkpoint
        guard let hours, updates > 0, checkpoint.everyMinutes == 0 else { return nil }
        let apart = checkpoint.everyUpdates > 0 ? min(checkpoint.everyUpdates, updates) : updates
        let unsaved = hours * Double(apart) / Double(updates)
        guard unsaved > Self.mostHoursUnsaved else { return nil }
        return PlanRemark(
            sentence: String(format: "checkpoints are %.0f h apart: a crash may cost as much", unsaved),
            keys: ["checkpoint.every_minutes", "checkpoint.every_updates"])
    }

    private var manyEvaluations: PlanRemark? {
        guard evaluationShare > 0.5 else { return nil }
        return PlanRemark(
            sentence: String(
                format: "evaluations take %.0f %% of the work of updates", 100 * evaluationShare),
            keys: ["evaluation.every_updates", "data.valid"])
    }

    private func number(_ value: Double) -> String { String(format: "%g", value) }

    private func grouped(_ value: Double) -> String {
        let digits = String(Int(value.rounded()))
        return String(
            digits.enumerated().flatMap { index, digit in
                index > 0 && (digits.count - index) % 3 == 0 ? [",", digit] : [digit]
            })
    }
}

extension ComparedMethod {
    /// Whether pruned weights keep learning and may return at the next mask.
    fileprivate var isPARP: Bool { self == .parp || self == .progressive }
}

/// A positive number rounded to one digit, or to two where the first is 1.
func neat(_ value: Double) -> Double {
    guard value > 0 else { return 0 }
    let size = pow(10, floor(log10(value)))
    let lead = value / size
    let rounded = lead < 2 ? (lead * 5).rounded() / 5 : lead < 5 ? (lead * 2).rounded() / 2 : lead.rounded()
    // The number that is nearest to two digits, which prints as they do.
    return Double(String(format: "%.1e", rounded * size)) ?? rounded * size
}
