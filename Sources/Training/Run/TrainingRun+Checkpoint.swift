internal import Checkpoints
internal import Collectives
internal import JSON
internal import Kernels
internal import MaskFiles
internal import Program
internal import Pruning
internal import Recipe
internal import Reports
internal import Session
internal import Tensors

extension TrainingRun {
    /// Writes a checkpoint; failing to do so causes a warning and does not end the run.
    package mutating func checkpoint() throws { _ = try save() }

    /// Stops after an update that all ranks have done, with exit code 85.
    ///
    /// - Throws: Always, on all ranks alike.
    package mutating func stop() throws -> Never {
        guard try save() else {
            throw CollectiveFailure(
                .fault,
                "interrupted after update \(trainer.update), but no checkpoint could be written; "
                    + "make room and continue with --resume from the previous one")
        }
        // A scheduler's last seconds are for the checkpoint: the trace comes after it, and may fail.
        if let trace {
            let gathered = try gathered(trace)
            keep("the trace") { if let gathered { try trace.write(gathered) } }
        }
        throw CollectiveFailure(
            .interrupted,
            "interrupted after update \(trainer.update) of \(recipe.schedule.updates); "
                + "\(directory.checkpoint(trainer.update)) is written: continue with --resume")
    }

    /// The trace of all ranks so far, on the root.
    package func gathered(_ trace: Trace) throws -> Trace.Gathered? {
        let trainable = problem.layout.count - trainer.task.firstTrainableOffset(update: trainer.update)
        return try trace.gathered(
            plan: plan, gradientBytes: 4 * trainable, prunableBytes: 4 * masks.pool.count)
    }

    /// Writes a checkpoint on rank 0 and tells all ranks whether that succeeded.
    private mutating func save() throws -> Bool {
        let begin = monotonicSeconds()
        defer { trace?.add(.checkpoint, from: begin, update: trainer.update) }
        try checkReplicas()
        let hash = contentHash(trainer.store.values.all)
        if !session.isRoot { monitor.enter(.checkpoint, update: trainer.update) }
        let isWritten = keep("a checkpoint") { try write(weightsHash: hash) }
        lastCheckpoint = monotonicSeconds()
        return try session.share(isWritten)
    }

    private func write(weightsHash: ContentHash) throws {
        let start = monotonicSeconds()
        let path = directory.checkpoint(trainer.update)
        if monitor.plans(update: trainer.update, { $0 == .noSpace }) {
            throw CheckpointError(path, "cannot be written: no space left on device (--inject)")
        }
        try CheckpointFiles.write(
            state, store: trainer.store, pruning: trainer.pruning, masks: masks, to: path
        ) {
            monitor.enter(.checkpoint, update: trainer.update)
        }
        if monitor.plans(update: trainer.update, { $0 == .truncate }) { try CheckpointFiles.truncate(path) }
        directory.keepNewestCheckpoints(recipe.checkpoint.keep)
        directory.clearSnapshots(keeping: state.snapshots)
        metrics.append(
            .checkpoint, step: trainer.update,
            [
                ("seconds", .number(monotonicSeconds() - start)),
                ("weights_hash", .string(weightsHash.description)),
            ])
        metrics.append(.ranks, step: trainer.update, ledger.fields)
    }

    /// Writes something on rank 0; a failure is reported and recorded, and the run continues.
    ///
    /// - Returns: Whether it is written; true on the other ranks.
    @discardableResult
    package func keep(_ what: String, _ body: () throws -> Void) -> Bool {
        guard session.isRoot else { return true }
        do {
            try body()
            return true
        } catch {
            let fault = "\(what) was not written: \(message(for: error))"
            progress.say("parp: warning: update \(trainer.update): \(fault); the run continues")
            metrics.append(.fault, step: trainer.update, [("what", .string(fault))])
            return false
        }
    }
}
