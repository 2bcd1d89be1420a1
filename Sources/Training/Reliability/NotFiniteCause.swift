internal import Collectives
internal import Foundation
internal import JSON
internal import Optimization
internal import Program
internal import Recipe
internal import Reports
internal import Session
internal import Tensors

/// A cause, found by a rank, of an update's loss or gradient being not finite.
struct NotFiniteCause: Sendable, Codable, Equatable {
    var rank = 0
    var host = ""
    /// The utterance; nil if the cause is the weights, or a sum that overflows though no single utterance
    /// does.
    var utterance: String?
    /// What was seen: `loss`, `gradient`, `weights` or `sum`.
    var what: String
    /// The tensor: the first among weights, or the first gradient in backward order.
    var tensor: String?

    /// The cause as a sentence.
    var description: String {
        let place = "rank \(rank) on \(host): "
        return switch (what, utterance) {
        case ("weights", _): place + "the weights \(tensor ?? "") are not finite"
        case (_, let utterance?):
            place + "\(what) not finite for \(utterance)" + (tensor.map { ", first in \($0)" } ?? "")
        default: place + "no utterance by itself; their sum overflows"
        }
    }

    /// The cause as in the log.
    var json: JSONValue {
        let texts =
            [("host", host), ("what", what)]
            + [("utterance", utterance), ("tensor", tensor)]
            .compactMap { pair in pair.1.map { (pair.0, $0) } }
        return .object(
            [.init("rank", .integer(rank))] + texts.map { .init($0.0, .string($0.1)) })
    }
}

extension Trainer {
    /// The most causes that a rank names.
    private static var longestList: Int { 8 }

    /// Finds what on this rank made the last update's loss or gradient not finite, by differentiating again,
    /// utterance by utterance.
    ///
    /// The random numbers are the same again: they are counted by update and utterance.
    mutating func notFiniteCauses() throws -> [NotFiniteCause] {
        if let slot = firstNotFinite(store.values.all, task.layout.slots) {
            return [NotFiniteCause(what: "weights", tensor: slot)]
        }
        let last = update - 1
        var causes: [NotFiniteCause] = []
        for (place, item) in lastItems.enumerated() {
            let batch = try Self.load(
                [item], isFirst: place == 0, update: last, task: task, monitor: monitor)
            store.gradients.all.fill(0)
            arena.reset()
            let (gradients, poison) = (store.gradients.all, poison(isFirst: place == 0, update: last))
            let sums = task.accumulateGradients(
                batch, update: last, parameters: store.views, arena: &arena
            ) { offset in
                if let poison, poison >= offset { gradients[poison] = .nan }
            }
            let tensor = firstNotFinite(gradients, task.layout.slots.reversed())
            let isLoss = !sums.loss.isFinite || sums.notFinite > 0
            guard isLoss || tensor != nil else { continue }
            causes.append(
                NotFiniteCause(
                    utterance: task.name(of: item), what: isLoss ? "loss" : "gradient", tensor: tensor))
            if causes.count == Self.longestList { break }
        }
        return causes
    }

    private func firstNotFinite(_ numbers: Tensor, _ slots: some Sequence<ParameterSlot>) -> String? {
        slots.first { !gradientNorm(numbers.elements($0.range)).isFinite }?.name
    }
}

extension TrainingRun {
    /// Reports the causes of an update that is not finite, on all ranks together, and ends the run if the
    /// recipe says so.
    mutating func reportNotFinite(_ report: StepReport<Problem.Task.Sums>) throws {
        let host = session.communicator.hostName
        let rank = session.communicator.rank
        var own = try trainer.notFiniteCauses()
        for index in own.indices { (own[index].rank, own[index].host) = (rank, host) }
        var causes = try session.exchange(own).flatMap { $0 }
        if causes.isEmpty { causes = [NotFiniteCause(host: host, what: "sum")] }
        let skips = state.skipped
        progress.say(
            "parp: warning: update \(report.update): loss or gradient is not finite; left out (\(skips) so far)"
        )
        for cause in causes { progress.say("  \(cause.description)") }
        metrics.append(
            .fault, step: report.update,
            [
                ("what", .string("loss or gradient not finite; update left out")),
                ("causes", .array(causes.map(\.json))), ("left_out", .integer(skips)),
            ])
        let advice =
            "fix or leave out the utterance, lower optimizer.learning_rate, or clip with optimizer.clip_norm = 1.0"
        if recipe.reliability.notFinite == .stop {
            throw CollectiveFailure(
                .fault,
                "update \(report.update): loss or gradient is not finite, and reliability.not_finite is \"stop\":\n"
                    + causes.map { "  \($0.description)\n" }.joined() + advice)
        }
        let row = state.consecutiveSkips
        guard row >= recipe.reliability.notFiniteLimit else { return }
        throw CollectiveFailure(
            .fault,
            "\(row) updates in a row had a loss or gradient that is not finite, the last of them \(report.update):\n"
                + causes.map { "  \($0.description)\n" }.joined() + advice)
    }
}
