internal import Checkpoints
internal import Collectives
internal import Kernels
internal import MaskFiles
internal import Program
internal import Pruning
internal import Recipe
internal import Reports
internal import Tensors

extension TrainingRun {
    /// Prunes for good if the method says that a mask is due.
    package mutating func pruneIfDue() throws {
        guard let sparsity = method.sparsityDue(afterUpdates: trainer.update) else { return }
        try prune(to: sparsity)
    }

    /// The mask of the current weights at a sparsity: the one that they are pruned with, if it was selected
    /// after this update or pruned weights do not change, else a new one.
    func currentMask(sparsity: Double) throws -> PruningMask {
        guard trainer.trainsPrunedWeights else { return masks.current }
        if let selected, selected == (trainer.update, sparsity) { return masks.current }
        return try masks.compute { try selectMask(sparsity: sparsity) }.mask
    }

    /// Selects a mask on all ranks together, and prunes by it.
    package mutating func prune(to sparsity: Double) throws {
        monitor.enter(.prune, update: trainer.update)
        let start = monotonicSeconds()
        defer { trace?.add(.mask, from: start, update: trainer.update) }
        let isFirst = masks.initial == nil
        trainer.showValues()
        var masks = masks
        let report = try masks.update(sparsity: sparsity) { try selectMask(sparsity: sparsity) }
        self.masks = masks
        trainer.prune(by: masks.current)
        try checkZeros(report)
        try multiplyKeptWeights()
        selected = (trainer.update, sparsity)
        metrics.append(.prune, step: trainer.update, report.fields)
        if isFirst { for line in masks.current.remarks(on: masks.pool) { progress.say(line) } }
        keep("the mask") {
            try MaskFile.write(
                masks.current, pool: masks.pool, provenance: provenance(report, isFirst: isFirst),
                to: directory.mask(trainer.update))
        }
    }

    /// The mask of the current weights and scores; called on rank 0.
    func selectMask(sparsity: Double) throws -> MaskSelection {
        try trainer.pruning.selectMask(
            afterUpdates: trainer.update, sparsity: sparsity, values: trainer.store.values.all,
            earlier: masks.initial.map { _ in masks.current }, scope: masks.scope)
    }

    /// Continues under a checkpoint's mask.
    mutating func takeUpMask() throws {
        guard masks.initial != nil else { return }
        trainer.takeUp(masks.current)
        try multiplyKeptWeights()
    }

    /// Lets layers multiply only kept weights where forward uses no others and that is faster.
    private mutating func multiplyKeptWeights() throws {
        guard recipe.precision.products == .float32, !trainer.trainsPrunedWeights else { return }
        var choice = state.sparseChoice ?? (recipe.distributed.reproducible ? .bySparsity : .measured())
        let before = trainer.sparse.layers.count
        trainer.multiply(
            try .forTraining(
                trainer.store, mask: masks.current, pool: masks.pool,
                gradients: trainer.neededGradients,
                choice: &choice, session: session))
        state.sparseChoice = choice
        let (chosen, count) = (
            trainer.sparse.layers.count, masks.pool.members.count { $0.slot.shape.rank == 2 }
        )
        if chosen != before { progress.say("\(chosen) of \(count) layers multiply only kept weights") }
    }

    /// Every rank counts its own zeros: sparsity is that of the weights, not the requested one.
    private func checkZeros(_ report: PruneReport) throws {
        let zeros = masks.pool.zeroCount(in: trainer.store.values.all)
        guard zeros >= report.pruned else {
            throw UserError(
                .fault, "after a re-prune \(zeros) of the pool's weights are zero, not \(report.pruned)")
        }
    }

    private func provenance(_ report: PruneReport, isFirst: Bool) -> MaskProvenance {
        MaskProvenance(
            method: method.name, update: trainer.update, sparsityTarget: report.sparsity,
            threshold: report.threshold, origin: isFirst ? recipe.pruning.firstMask : .magnitude,
            scope: recipe.pruning.scope, seed: recipe.seed, parent: problem.modelPath,
            parentHash: state.parentHash, weightsHash: contentHash(trainer.store.values.all).value)
    }
}
