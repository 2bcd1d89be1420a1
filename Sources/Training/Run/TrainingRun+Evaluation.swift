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
    /// Evaluates on freshly pruned weights, keeps them if they are the best, and puts training's weights back.
    ///
    /// Asked to stop meanwhile, it gives up, and the run stops: the evaluation is done when the run goes on.
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
                parameters: trainer.store.float32Views.multiplying(trainer.sparse), session: session,
                arena: &trainer.arena)
        } catch is EvaluationInterrupted {
            setAside.restore(to: values)
            try stop()
        }
        let metric = recipe.evaluation.metric
        let value = evaluation.value(of: metric)
        let isBest = evaluation.isSound && metric.isBetter(value, than: state.bestMetric)
        if isBest {
            state.bestMetric = value
            keep("the best model") {
                try writeModel(at: directory.best, evaluation: evaluation, sparsity: mask.sparsity)
            }
        }
        setAside.restore(to: values)
        lastEvaluation = (trainer.update, evaluation)
        state.isEvaluationPending = false
        metrics.append(
            .eval, step: trainer.update,
            evaluation.fields(sparsity: mask.sparsity) + [
                ("best", .boolean(isBest)), ("seconds", .number(monotonicSeconds() - start)),
            ])
        progress.say(
            "update \(trainer.update)  valid: \(evaluation.summary(sparsity: mask.sparsity))"
                + (isBest ? "  (best)" : ""))
    }

    private func writeModel(at path: String, evaluation: Problem.Evaluation?, sparsity: Double) throws {
        try writeModelDirectory(
            at: path, values: trainer.store.values.all, layout: problem.layout,
            files: problem.files(update: trainer.update, sparsity: sparsity, evaluation: evaluation))
    }

    /// Writes `final/`: the weights of the last update, exactly as sparse as asked.
    package func finish() throws {
        monitor.enter(.final, update: trainer.update)
        try session.together {
            guard session.isRoot else { return }
            // A run that was interrupted behind its last evaluation does not know it any more.
            let evaluation = lastEvaluation.flatMap { $0.update == trainer.update ? $0.evaluation : nil }
            try writeModel(at: directory.final, evaluation: evaluation, sparsity: masks.current.sparsity)
            let report = RunReport(
                directory: directory.path, recipe: directory.recipe, metrics: directory.metrics,
                outline: Problem.report)
            try AtomicFile.write(Data(report.html.utf8), to: directory.report)
        }
        if let trace {
            let gathered = try gathered(trace)
            try session.together { if let gathered { try trace.write(gathered) } }
            progress.say("trace: \(trace.path)")
        }
        if let remark = ledger.remark { progress.say(remark) }
        if let skipped = state.skipped, skipped > 0 {
            progress.say(
                "\(skipped) updates were left out: their loss or gradient was not finite (metrics.jsonl)")
        }
        progress.say("final model: \(directory.final); report: \(directory.report)")
    }
}
