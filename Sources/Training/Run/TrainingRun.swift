internal import Checkpoints
internal import Collectives
internal import Foundation
internal import Kernels
internal import Models
internal import Optimization
internal import Pruning
internal import Tensors
internal import Text

/// One fine-tuning run: updates, masks, evaluations, checkpoints, in the order in which they fall due.
package struct TrainingRun: ~Copyable {
    private let recipe: Recipe
    private let session: Session
    private let directory: RunDirectory
    private let model: SpeechModel
    private let valid: SpeechDataset
    private let method: any PruningMethod
    private let metrics: MetricsLog
    private var progress: Progress
    private(set) var trainer: Trainer<CTCTask>
    private(set) var masks: MaskAuthority
    private var bestMetric: Double?
    private var consecutiveSkips = 0

    /// Updates in a row whose loss or gradient may be not finite before the run ends.
    private static let maximumSkips = 20

    /// What a run starts from.
    struct Start: ~Copyable {
        let recipe: Recipe
        let session: Session
        let directory: RunDirectory
        let model: SpeechModel
        let train: SpeechDataset
        let valid: SpeechDataset
        let resume: Bool
    }

    /// Loads weights on rank 0, or a checkpoint, and spreads them.
    init(_ start: consuming Start) throws {
        recipe = start.recipe
        session = start.session
        directory = start.directory
        model = start.model
        method = start.recipe.pruningMethod
        metrics = MetricsLog(
            path: session.isRoot ? directory.metrics : nil,
            events: session.isRoot
                ? EventFile(folder: directory.path, host: session.communicator.hostName) : nil)
        let layout = model.network.layout
        let store = ParameterStore(
            layout: layout, gradients: try session.communicator.makeBuffer(count: layout.count),
            precision: recipe.precision.gemm)
        var masks = MaskAuthority(
            pool: PrunablePool(layout, includesBiases: recipe.pruning.includeBiases),
            communicator: session.communicator)
        let state = try Self.load(
            start.resume ? directory : nil, recipe: recipe, session: session, model: model, store: store,
            masks: &masks)
        refreshShadow(of: store)
        var (train, valid) = (start.train, start.valid)
        try Self.keepFeatures(
            of: &train, name: "train", recipe: recipe, model: model, session: session,
            parameters: store.views)
        try Self.keepFeatures(
            of: &valid, name: "valid", recipe: recipe, model: model, session: session,
            parameters: store.float32Views)
        self.valid = valid
        bestMetric = state.bestMetric
        progress = Progress(
            session: session, updates: recipe.schedule.updates, startUpdate: state.update)
        self.masks = masks
        trainer = Trainer(
            task: CTCTask(recipe: recipe, model: model, data: train), store: store,
            communicator: session.communicator, optimizer: recipe.optimizerSettings,
            distributed: recipe.distributed, startingAt: state.update, of: recipe.schedule.updates)
    }

    /// Runs to the end.
    mutating func run() throws {
        if trainer.update > 0 { progress.say("going on after update \(trainer.update)") }
        if trainer.update == 0 { try pruneIfDue() }
        while trainer.update < recipe.schedule.updates {
            try step()
            try pruneIfDue()
            let isLast = trainer.update == recipe.schedule.updates
            if isLast || isDue(every: recipe.evaluation.everyUpdates) { try evaluate() }
            if isLast || isDue(every: recipe.checkpoint.everyUpdates) { try checkpoint() }
        }
        try finish()
    }

    private func isDue(every interval: Int) -> Bool { interval > 0 && trainer.update % interval == 0 }

    /// Does one update, without what falls due after it.
    package mutating func step() throws { try record(trainer.step()) }

    /// Notes an update; a row of updates that are not finite ends the run.
    private mutating func record(_ report: StepReport) throws {
        progress.show(report)
        metrics.append(.train, step: report.update, report.fields)
        consecutiveSkips = report.skipped ? consecutiveSkips + 1 : 0
        guard report.skipped else { return }
        progress.say("update \(report.update): loss or gradient is not finite; skipped on all ranks")
        metrics.append(
            .fault, step: report.update, [("what", .string("loss or gradient not finite; update skipped"))])
        guard consecutiveSkips < Self.maximumSkips else {
            throw UserError(
                .fault,
                "\(consecutiveSkips) updates in a row had a loss or gradient that is not finite; "
                    + "lower optimizer.learning_rate, or clip with optimizer.clip_norm = 1.0")
        }
    }

    /// Prunes for good if the method says that a mask is due.
    package mutating func pruneIfDue() throws {
        guard let sparsity = method.sparsityDue(afterUpdates: trainer.update) else { return }
        let report = try masks.prune(values: trainer.store.values.all, sparsity: sparsity)
        refreshShadow(of: trainer.store)
        try checkZeros(report)
        metrics.append(.prune, step: trainer.update, report.fields)
        if session.isRoot {
            try MaskFile.write(
                masks.current, pool: masks.pool, provenance: provenance(report),
                to: directory.mask(trainer.update))
        }
    }

    /// Every rank counts its own zeros: sparsity is what the weights have, not what was asked for.
    private func checkZeros(_ report: PruneReport) throws {
        let pool = masks.pool
        let zeros = pool.members.reduce(0) { total, member in
            total + trainer.store.values[member.slot.range].buffer.reduce(0) { $0 + ($1 == 0 ? 1 : 0) }
        }
        guard zeros >= report.pruned else {
            throw UserError(
                .fault, "after a re-prune \(zeros) of the pool's weights are zero, not \(report.pruned)")
        }
    }

    private func provenance(_ report: PruneReport) -> MaskProvenance {
        var hash = ContentHash()
        hash.combine(trainer.store.values.all)
        return MaskProvenance(
            method: method.name, update: trainer.update, sparsityTarget: report.sparsity,
            threshold: report.threshold, parent: model.source.path, weightsHash: hash.value)
    }

    /// Evaluates on freshly pruned weights, keeps them if they are the best, and puts training's weights
    /// back.
    package mutating func evaluate() throws {
        let start = monotonicSeconds()
        let values = trainer.store.values.all
        let mask = try masks.compute(
            values: values, sparsity: method.sparsity(afterUpdates: trainer.update)
        ).mask
        let setAside = SetAsideWeights(mask, values: values, pool: masks.pool)
        let evaluator = Evaluator(
            model: model.network, vocabulary: model.vocabulary, rankSeconds: recipe.data.rankSeconds)
        let result = try evaluator.evaluate(
            valid, parameters: trainer.store.float32Views, session: session, arena: &trainer.arena
        ).result
        let metric = recipe.evaluation.metric.value(result)
        let isBest = metric < bestMetric ?? .infinity
        if isBest {
            bestMetric = metric
            if session.isRoot { try writeModel(at: directory.best, result: result, sparsity: mask.sparsity) }
        }
        setAside.restore(to: values)
        metrics.append(
            .eval, step: trainer.update,
            result.fields + [
                ("sparsity", .number(mask.sparsity)), ("best", .boolean(isBest)),
                ("seconds", .number(monotonicSeconds() - start)),
            ])
        progress.say(
            String(
                format: "update %d  valid: WER %.2f %%  CER %.2f %%  loss %.3f  sparsity %.2f %%%@",
                trainer.update, 100 * result.words.rate, 100 * result.characters.rate, result.meanLoss,
                100 * mask.sparsity, isBest ? "  (best)" : ""))
    }

    private func writeModel(at path: String, result: EvaluationResult?, sparsity: Double) throws {
        let card = ModelCard(
            recipe: recipe, method: method.name, update: trainer.update, sparsity: sparsity, result: result)
        try writeModelDirectory(
            at: path, values: trainer.store.values.all, layout: model.network.layout,
            files: model.files(card: card.text))
    }

    private func checkpoint() throws {
        var hash = ContentHash()
        hash.combine(trainer.store.values.all)
        try session.communicator.agree(on: hash.value, what: "the weights")
        guard session.isRoot else { return }
        let start = monotonicSeconds()
        let state = CheckpointState(update: trainer.update, bestMetric: bestMetric, seed: recipe.seed)
        try CheckpointFiles.write(
            state, store: trainer.store, masks: masks, to: directory.checkpoint(trainer.update))
        directory.keepNewestCheckpoints(recipe.checkpoint.keep)
        metrics.append(
            .checkpoint, step: trainer.update,
            [("seconds", .number(monotonicSeconds() - start)), ("weights_hash", .string(hash.description))])
    }

    /// Writes `final/`: the weights of the last update, exactly as sparse as asked.
    private func finish() throws {
        if session.isRoot {
            try writeModel(at: directory.final, result: nil, sparsity: masks.current.sparsity)
            try AtomicFile.write(
                Data(RunReport(directory: directory).html.utf8), to: directory.report)
        }
        progress.say("final model: \(directory.final); report: \(directory.report)")
        try session.communicator.barrier()
    }
}
