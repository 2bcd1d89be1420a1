internal import Checkpoints
internal import Collectives
internal import Foundation
internal import Optimization
internal import Pruning
internal import Tensors

/// One run: updates, masks, evaluations, checkpoints, in the order in which they fall due.
struct TrainingRun<Problem: RunProblem>: ~Copyable {
    private let recipe: Recipe
    private let session: Session
    private let directory: RunDirectory
    private let problem: Problem
    private let method: any PruningMethod
    private let metrics: MetricsLog
    private var progress: Progress
    private(set) var trainer: Trainer<Problem.Task>
    private(set) var masks: MaskAuthority
    private let parentHash: String?
    private var bestMetric: Double?
    private var consecutiveSkips = 0
    private let plan: ReductionPlan
    private var trace: Trace?

    /// What a run starts from.
    struct Start {
        let recipe: Recipe
        let session: Session
        let directory: RunDirectory
        let problem: Problem
        let resume: Bool
        /// Where what all ranks did when is written; nil does not.
        var trace: String?
    }

    /// Loads weights on rank 0, or a checkpoint, and spreads them.
    init(_ start: Start) throws {
        recipe = start.recipe
        session = start.session
        directory = start.directory
        method = start.problem.pruningMethod
        metrics = MetricsLog(
            path: session.isRoot ? directory.metrics : nil,
            events: session.isRoot
                ? EventFile(folder: directory.path, host: session.communicator.hostName) : nil)
        var problem = start.problem
        let layout = problem.layout
        let store = ParameterStore(
            layout: layout, gradients: try session.communicator.makeBuffer(count: layout.count),
            precision: recipe.precision.gemm)
        var masks = MaskAuthority(
            pool: PrunablePool(layout, includesBiases: recipe.pruning.includeBiases),
            communicator: session.communicator, scope: recipe.pruning.scope)
        let state = try Self.load(
            start.resume ? directory : nil, recipe: recipe, session: session, problem: problem, store: store,
            masks: &masks)
        refreshShadow(of: store)
        try problem.prepare(store, session: session)
        let trace = try start.trace.map { try Trace(path: $0, session: start.session) }
        let plan = try recipe.distributed.planReduction(
            of: store.gradients.all, communicator: session.communicator)
        self.problem = problem
        self.plan = plan
        self.trace = trace
        bestMetric = state.bestMetric
        parentHash = state.parentHash
        progress = Progress(
            session: session, updates: recipe.schedule.updates, startUpdate: state.update)
        if session.communicator.size > 1 { progress.say(plan.description) }
        self.masks = masks
        trainer = Trainer(
            task: problem.makeTask(), store: store, communicator: session.communicator,
            optimizer: recipe.optimizerSettings, distributed: recipe.distributed.following(plan),
            startingAt: state.update, of: recipe.schedule.updates)
        holdMask()
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
    mutating func step() throws {
        let start = monotonicSeconds()
        let report = try trainer.step()
        trace?.add(report, start: start, end: monotonicSeconds())
        try record(report)
    }

    /// Notes an update; a row of updates that are not finite ends the run.
    private mutating func record(_ report: StepReport<Problem.Task.Sums>) throws {
        progress.show(report, summary: trainer.task.summary(report.sums))
        metrics.append(.train, step: report.update, report.fields(trainer.task.fields(report)))
        consecutiveSkips = report.skipped ? consecutiveSkips + 1 : 0
        guard report.skipped else { return }
        progress.say("update \(report.update): loss or gradient is not finite; skipped on all ranks")
        metrics.append(
            .fault, step: report.update, [("what", .string("loss or gradient not finite; update skipped"))])
        guard consecutiveSkips < maximumSkips else {
            throw UserError(
                .fault,
                "\(consecutiveSkips) updates in a row had a loss or gradient that is not finite; "
                    + "lower optimizer.learning_rate, or clip with optimizer.clip_norm = 1.0")
        }
    }

    /// Prunes for good if the method says that a mask is due.
    mutating func pruneIfDue() throws {
        guard let sparsity = method.sparsityDue(afterUpdates: trainer.update) else { return }
        try prune(to: sparsity)
    }

    /// Prunes for good, and holds the mask if the method does.
    mutating func prune(to sparsity: Double) throws {
        let start = monotonicSeconds()
        defer { trace?.add(.mask, from: start, update: trainer.update) }
        let isFirst = masks.initial == nil
        let report = try masks.prune(values: trainer.store.values.all, sparsity: sparsity)
        refreshShadow(of: trainer.store)
        try checkZeros(report)
        holdMask()
        metrics.append(.prune, step: trainer.update, report.fields)
        if session.isRoot {
            try MaskFile.write(
                masks.current, pool: masks.pool, provenance: provenance(report, isFirst: isFirst),
                to: directory.mask(trainer.update))
        }
    }

    /// Where the method says so, keeps pruned weights at 0 from here on: neither the gradients to come nor the
    /// moments of those that were move them.
    private mutating func holdMask() {
        guard method.hold == .fixed, masks.initial != nil else { return }
        masks.current.apply(to: trainer.store.firstMoment.all, pool: masks.pool)
        masks.current.apply(to: trainer.store.secondMoment.all, pool: masks.pool)
        trainer.keptGradients = KeptElements(
            masks.current, pool: masks.pool, elementCount: problem.layout.count)
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

    private func provenance(_ report: PruneReport, isFirst: Bool) -> MaskProvenance {
        MaskProvenance(
            method: method.name, update: trainer.update, sparsityTarget: report.sparsity,
            threshold: report.threshold, origin: isFirst ? recipe.pruning.firstMask : .magnitude,
            scope: recipe.pruning.scope, seed: recipe.seed, parent: problem.modelPath,
            parentHash: parentHash, weightsHash: contentHash(trainer.store.values.all).value)
    }

    /// Evaluates on freshly pruned weights, keeps them if they are the best, and puts training's weights
    /// back.
    mutating func evaluate() throws {
        let start = monotonicSeconds()
        defer { trace?.add(.evaluation, from: start, update: trainer.update) }
        let values = trainer.store.values.all
        let mask =
            try method.hold == .fixed
            ? masks.current
            : masks.compute(values: values, sparsity: method.sparsity(afterUpdates: trainer.update)).mask
        let setAside = SetAsideWeights(mask, values: values, pool: masks.pool)
        let evaluation = try problem.evaluate(
            parameters: trainer.store.float32Views, session: session, arena: &trainer.arena)
        let metric = problem.metric(evaluation)
        let isBest = metric < bestMetric ?? .infinity
        if isBest {
            bestMetric = metric
            if session.isRoot {
                try writeModel(at: directory.best, evaluation: evaluation, sparsity: mask.sparsity)
            }
        }
        setAside.restore(to: values)
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

    private mutating func checkpoint() throws {
        let begin = monotonicSeconds()
        defer { trace?.add(.checkpoint, from: begin, update: trainer.update) }
        let hash = contentHash(trainer.store.values.all)
        try session.communicator.agree(on: hash.value, what: "the weights")
        guard session.isRoot else { return }
        let start = monotonicSeconds()
        let state = CheckpointState(
            update: trainer.update, bestMetric: bestMetric, seed: recipe.seed, parentHash: parentHash)
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
            try writeModel(at: directory.final, evaluation: nil, sparsity: masks.current.sparsity)
            try AtomicFile.write(
                Data(RunReport(directory: directory, outline: Problem.report).html.utf8), to: directory.report
            )
        }
        try trace?.write(
            plan: plan,
            gradientBytes: 4
                * (problem.layout.count - trainer.task.firstTrainableOffset(update: trainer.update)),
            prunableBytes: 4 * masks.pool.count)
        progress.say("final model: \(directory.final); report: \(directory.report)")
        try session.communicator.barrier()
    }
}

/// The hash of a tensor's bits.
func contentHash(_ tensor: Tensor) -> ContentHash {
    var hash = ContentHash()
    hash.combine(tensor)
    return hash
}

/// Updates in a row whose loss or gradient may be not finite before a run ends.
private let maximumSkips = 20
