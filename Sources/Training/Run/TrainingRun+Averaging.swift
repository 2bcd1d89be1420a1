internal import Checkpoints
internal import Collectives
internal import Foundation
internal import JSON
internal import Kernels
internal import Pruning
internal import Recipe
internal import Reports
internal import Session
internal import Tensors

/// An evaluated model kept for averaging.
package struct ModelSnapshot: Sendable, Codable, Equatable {
    /// The update after which it was evaluated.
    package let update: Int
    /// The evaluation's result; nil if it was NaN or infinite.
    package let metric: Double?

    package init(update: Int, metric: Double?) { (self.update, self.metric) = (update, metric) }
}

/// The snapshots kept when one is added: the last, or the best, where the later of two equal ones wins.
func keptSnapshots(
    _ held: [ModelSnapshot], adding new: ModelSnapshot, count: Int, of kind: AveragedModels,
    by metric: MetricSpec
) -> [ModelSnapshot] {
    var all = held.filter { $0.update != new.update } + [new]
    while all.count > count {
        switch kind {
        case .last: all.removeFirst()
        case .best:
            let worst = all.indices.dropFirst().reduce(all.startIndex) { worst, index in
                isWorse(all[index], than: all[worst], by: metric) ? index : worst
            }
            all.remove(at: worst)
        }
    }
    return all
}

private func isWorse(_ a: ModelSnapshot, than b: ModelSnapshot, by metric: MetricSpec) -> Bool {
    switch (a.metric, b.metric) {
    case (nil, nil), (_?, nil): false
    case (nil, _?): true
    case (let a?, let b?): metric.isBetter(b, than: a)
    }
}

extension RunDirectory {
    /// The file with the weights of an evaluated model.
    func snapshot(_ update: Int) -> String { "\(path)/snapshots/step-\(update).safetensors" }

    /// Removes the snapshots that neither the run nor one of its checkpoints needs: a run resumed from an
    /// older checkpoint must find those it had then.
    func clearSnapshots(keeping snapshots: [ModelSnapshot]) {
        let folder = path + "/snapshots"
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return }
        let earlier = checkpointUpdates().flatMap {
            CheckpointFiles.state(in: checkpoint($0))?.snapshots ?? []
        }
        let needed = Set((snapshots + earlier).map(\.update))
        for name in names where name.hasPrefix("step-") && name.hasSuffix(".safetensors") {
            guard let update = Int(name.dropFirst(5).dropLast(12)), !needed.contains(update) else { continue }
            try? FileManager.default.removeItem(atPath: folder + "/" + name)
        }
    }
}

extension TrainingRun {
    /// Keeps the weights of an evaluated model if it is to be part of the final average.
    mutating func keepSnapshot(metric: Double?) throws {
        let count = recipe.checkpoint.average
        guard count > 1 else { return }
        let new = ModelSnapshot(update: trainer.update, metric: metric)
        let kept = keptSnapshots(
            state.snapshots, adding: new, count: count, of: recipe.checkpoint.averageOf,
            by: recipe.evaluation.metric)
        guard kept.contains(new) else { return }
        let isWritten = keep("a model to be averaged") {
            var writer = SafetensorsWriter()
            for slot in problem.layout.slots {
                writer.add(
                    slot.name, trainer.pruning.shown(slot, in: trainer.store.values.all), shape: slot.shape)
            }
            try FileManager.default.createDirectory(
                atPath: directory.path + "/snapshots", withIntermediateDirectories: true)
            try writer.write(to: directory.snapshot(new.update))
        }
        // All ranks must agree.
        if try session.share(isWritten) { state.snapshots = kept }
    }

    /// Replaces the weights by the mean of the snapshots, under the last mask, and evaluates it.
    ///
    /// - Returns: The mean's evaluation; nil if there is nothing to average.
    mutating func averageSnapshots() throws -> Problem.Evaluation? {
        let snapshots = state.snapshots
        guard snapshots.count > 1 else { return nil }
        let values = trainer.store.values.all
        try session.together {
            guard session.isRoot else { return }
            try addUp(snapshots, into: values)
        }
        try session.communicator.broadcast(values, root: 0)
        if masks.initial != nil { masks.current.apply(to: values, pool: masks.pool) }
        refreshShadow(of: trainer.store)
        trainer.sparse.refresh(from: values)
        let evaluation = try problem.evaluate(
            after: trainer.update, isLast: true,
            parameters: trainer.store.float32Views.multiplying(trainer.sparse), session: session,
            arena: &trainer.arena)
        keepWorst(of: evaluation)
        metrics.append(
            .eval, step: trainer.update,
            evaluation.fields(sparsity: masks.current.sparsity) + [("averaged", .integer(snapshots.count))])
        progress.say(
            "the mean of \(snapshots.count) models (updates "
                + snapshots.map { String($0.update) }.joined(separator: ", ") + ")  valid: "
                + evaluation.summary(sparsity: masks.current.sparsity))
        return evaluation
    }

    /// Sums in update order, so that the bits do not depend on interruptions.
    private func addUp(_ snapshots: [ModelSnapshot], into values: Tensor) throws {
        var arena = Arena()
        let one = arena.tensor(rows: 1, columns: values.count)
        let share = 1 / Float(snapshots.count)
        values.fill(0)
        for snapshot in snapshots.sorted(by: { $0.update < $1.update }) {
            let file = try SafetensorsFile(path: directory.snapshot(snapshot.update))
            for slot in problem.layout.slots { try file.read(slot.name, into: one.elements(slot.range)) }
            for index in 0..<values.count { values[index] += share * one[index] }
        }
    }
}
