internal import Checkpoints
internal import Collectives
internal import Foundation
internal import JSON
internal import Kernels
internal import Program
internal import Pruning
internal import Recipe
internal import Reports
internal import Session
internal import Tensors

extension TrainingRun {
    /// Evaluates on freshly pruned weights, keeps them if they are the best, and restores training's weights.
    ///
    /// If asked to stop meanwhile, it gives up and the run stops: the evaluation is done after resuming.
    package mutating func evaluate() throws {
        monitor.enter(.evaluation, update: trainer.update)
        let start = monotonicSeconds()
        defer { trace?.add(.evaluation, from: start, update: trainer.update) }
        let values = trainer.store.values.all
        let mask = try currentMask(sparsity: method.sparsity(afterUpdates: trainer.update))
        let setAside = SetAsideWeights(mask, values: values, pool: masks.pool)
        let evaluation: Problem.Evaluation
        do {
            evaluation = try problem.evaluate(
                after: trainer.update, isLast: mayBeLast,
                parameters: trainer.store.float32Views.multiplying(trainer.sparse), session: session,
                arena: &trainer.arena)
        } catch is EvaluationInterrupted {
            setAside.restore(to: values)
            try stop()
        }
        noteHistograms(of: values)
        let metric = recipe.evaluation.metric
        let value = evaluation.value(of: metric)
        state.coreSeconds += (monotonicSeconds() - start) * Double(cores)
        let isBest = evaluation.isSound && metric.isBetter(value, than: state.bestMetric)
        if isBest {
            state.bestMetric = value
            state.sinceBest = 0
            keep("the best model") {
                try writeModel(at: directory.best, evaluation: evaluation, sparsity: mask.sparsity)
            }
        }
        setAside.restore(to: values)
        if !isBest, hasFinalSparsity { state.sinceBest += 1 }
        try keepSnapshot(metric: evaluation.isSound ? value : nil)
        lastEvaluation = (trainer.update, evaluation)
        state.isEvaluationPending = false
        keepWorst(of: evaluation)
        metrics.append(
            .eval, step: trainer.update,
            evaluation.fields(sparsity: mask.sparsity) + [
                ("best", .boolean(isBest)), ("seconds", .number(monotonicSeconds() - start)),
            ])
        progress.note(metric.shown(value))
        progress.say(
            "update \(trainer.update)  valid: \(evaluation.summary(sparsity: mask.sparsity))"
                + (isBest ? "  (best)" : ""))
    }

    /// Keeps the utterances that a model erred most in, for the page of the run.
    func keepWorst(of evaluation: Problem.Evaluation) {
        guard !evaluation.worst.isEmpty else { return }
        keep("the worst utterances") {
            let worst = WorstUtterances(update: trainer.update, utterances: evaluation.worst)
            try AtomicFile.write(try worst.data(), to: directory.worst)
        }
    }

    /// Ends a run whose evaluations no longer improve, with a mask as at the end of any run.
    mutating func endIfNoBetter() throws {
        let patience = recipe.evaluation.patience
        guard patience > 0, !state.endedEarly, state.sinceBest >= patience else { return }
        progress.say(
            "update \(trainer.update)  no better for \(patience) evaluations (evaluation.patience): the run ends here"
        )
        if method.sparsity > 0, trainer.trainsPrunedWeights { try prune(to: method.sparsity) }
        state.endedEarly = true
    }

    /// Whether the sparsity has reached its final value.
    private var hasFinalSparsity: Bool { method.sparsity(afterUpdates: trainer.update) == method.sparsity }

    /// Whether the evaluation that is due ends the run, or does so where it is not the best.
    private var mayBeLast: Bool {
        let patience = recipe.evaluation.patience
        return trainer.update == recipe.schedule.updates
            || patience > 0 && hasFinalSparsity && state.sinceBest + 1 >= patience
    }

    private func writeModel(at path: String, evaluation: Problem.Evaluation?, sparsity: Double) throws {
        try writeModelDirectory(
            at: path, values: trainer.store.values.all, layout: problem.layout,
            files: problem.files(
                update: trainer.update, sparsity: sparsity,
                cost: RunCost(
                    ranks: session.communicator.size, threads: Threads.count,
                    coreHours: state.coreSeconds / 3600), evaluation: evaluation))
    }

    /// Writes `final/`: the weights of the last update, at exactly the requested sparsity.
    package mutating func finish() throws {
        monitor.enter(.final, update: trainer.update)
        let averaged = try averageSnapshots()
        try session.together {
            guard session.isRoot else { return }
            // A run interrupted after its last evaluation no longer has its result.
            let last = lastEvaluation.flatMap { $0.update == trainer.update ? $0.evaluation : nil }
            try writeModel(
                at: directory.final, evaluation: averaged ?? last, sparsity: masks.current.sparsity)
            let report = directory.makeReport(recipe, outline: Problem.report)
            try AtomicFile.write(Data(report.html.utf8), to: directory.report)
        }
        metrics.end(step: trainer.update)
        if let trace {
            let gathered = try gathered(trace)
            try session.together { if let gathered { try trace.write(gathered) } }
            progress.say("trace: \(trace.path)")
        }
        if let remark = ledger.remark { progress.say(remark) }
        if state.skipped > 0 {
            progress.say(
                "\(state.skipped) updates were left out: their loss or gradient was not finite (metrics.jsonl)"
            )
        }
        progress.sayLast("final model: \(directory.final); report: \(directory.report)")
    }
}
