internal import Checkpoints
internal import Collectives
internal import Foundation
internal import JSON
internal import Program
package import Pruning
package import Recipe
internal import Reports
package import Session
package import Tensors

extension TrainingRun {
    /// Fills the store on rank 0, from the newest intact checkpoint or the model directory, and broadcasts
    /// it.
    package static func load(
        _ directory: RunDirectory?, recipe: Recipe, session: Session, problem: Problem,
        store: inout ParameterStore, pruning: borrowing PruningState, masks: inout MaskAuthority
    ) throws -> CheckpointState {
        var state = CheckpointState(update: 0, seed: recipe.seed)
        let values = store.values.all
        var words: [UInt64] = []
        var faults: [String] = []
        state = try session.together {
            guard session.isRoot else { return state }
            let found = try directory.flatMap {
                try newestState(
                    $0, recipe: recipe, store: &store, pruning: pruning, masks: &masks, faults: &faults)
            }
            if let found { return found }
            try problem.loadWeights(into: values, seed: UInt64(recipe.seed))
            masks.prepared = try recipe.preparedMask(pool: masks.pool, layout: problem.layout)
            var start = state
            start.parentHash = contentHash(values).description
            return start
        }
        for fault in faults { print("parp: warning: \(fault); using the previous checkpoint") }
        state = try session.share(state)
        try session.communicator.broadcast(values, root: 0)
        guard state.update > 0 else {
            pruning.begin(values: values)
            return state
        }
        // A run that never pruned has no first mask, and must not get one.
        let hasInitial = try session.share(masks.initial != nil)
        words = masks.current.bits + (masks.initial ?? masks.current).bits
        try session.communicator.broadcast(&words, root: 0)
        let half = words.count / 2
        masks.restore(
            current: PruningMask(bits: Array(words[..<half]), count: masks.pool.count),
            initial: hasInitial
                ? PruningMask(bits: Array(words[half...]), count: masks.pool.count) : nil)
        store.moments.keep(
            masks.heldElements(under: pruning.method, afterUpdates: state.update, of: store.layout.count))
        let moments = [store.moments.first.all, store.moments.second.all]
        for part in moments + pruning.scores.parts.map(\.tensor) {
            try session.communicator.broadcast(part, root: 0)
        }
        return state
    }

    /// The newest readable checkpoint; unreadable ones are reported.
    private static func newestState(
        _ directory: RunDirectory, recipe: Recipe, store: inout ParameterStore,
        pruning: borrowing PruningState, masks: inout MaskAuthority, faults: inout [String]
    ) throws -> CheckpointState? {
        let updates = directory.checkpointUpdates()
        for update in updates {
            do {
                let state = try CheckpointFiles.read(
                    directory.checkpoint(update), into: &store, pruning: pruning, masks: &masks)
                if let fault = state.fault(seed: recipe.seed) {
                    throw UserError(.usage, "\(directory.path) \(fault)")
                }
                return state
            } catch let error as CheckpointError {
                faults.append("\(error)")
            }
        }
        guard updates.isEmpty else {
            throw UserError(
                .data,
                "none of the checkpoints of \(directory.path) can be used:\n"
                    + faults.map { "  \($0)\n" }.joined()
                    + "restore one of them, or start over in another --output")
        }
        return nil
    }

    /// Opens the log on rank 0; a resumed run removes entries after its checkpoint, since those updates will
    /// be repeated.
    static func openMetrics(
        _ directory: RunDirectory, recipe: Recipe, state: CheckpointState, weights: Tensor, session: Session
    ) throws -> MetricsLog {
        guard session.isRoot else { return MetricsLog(path: nil) }
        // Also a run that had no checkpoint yet and starts over.
        let goesOn = state.update > 0 || FileManager.default.fileExists(atPath: directory.metrics)
        let events = EventFile(
            folder: directory.path, host: session.communicator.hostName,
            firstStep: goesOn ? state.update + 1 : nil)
        events.begin(recipe)
        let log = MetricsLog(path: directory.metrics, events: events)
        // A run that starts over repeats everything, including the mask before its first update.
        try log.forget(
            behind: state.update > 0 ? state.update : -1,
            includingEvaluation: state.isEvaluationPending)
        if state.update > 0 {
            // A run killed between writing a checkpoint and noting it has the one without the other.
            if try !log.notes(.checkpoint, step: state.update) {
                log.append(
                    .checkpoint, step: state.update,
                    [("weights_hash", .string(contentHash(weights).description))])
            }
            log.append(.resume, step: state.update, [("ranks", .integer(session.communicator.size))])
        }
        return log
    }
}
