package import Collectives
internal import Foundation
internal import JSON
internal import Kernels
internal import Program
package import Pruning
package import Recipe
internal import Reports
package import Session
package import Tensors

/// One run: updates, masks, evaluations and checkpoints, in the order in which they are due.
///
/// These are in files of their own: `TrainingRun+Pruning`, `+Evaluation`, `+Checkpoint`, `+Loading`.
package struct TrainingRun<Problem: RunProblem>: ~Copyable {
    package let recipe: Recipe
    package let session: Session
    package let directory: RunDirectory
    package let problem: Problem
    package let method: PruningMethod
    package let metrics: MetricsLog
    let monitor: RunMonitor
    package var progress: Progress
    package var trainer: Trainer<Problem.Task>
    package var masks: MaskAuthority
    /// The update after which the current mask was selected, and its sparsity; nil before this process's
    /// first.
    var selected: (update: Int, sparsity: Double)?
    /// What the next checkpoint holds besides tensors.
    package var state: CheckpointState
    /// Where the ranks' time goes.
    private(set) var ledger: RankLedger
    private let watchdog: Watchdog
    package let plan: ReductionPlan
    /// Whether each evaluation tells TensorBoard how weights are spread.
    let writesHistograms: Bool
    package var trace: Trace?
    /// This process's last evaluation, and the update after which it was done.
    var lastEvaluation: (update: Int, evaluation: Problem.Evaluation)?
    /// Whether a rank was asked to stop.
    private var isInterrupted = false
    /// Whether a checkpoint is due by the clock.
    private var isCheckpointDue = false
    /// When the last checkpoint was written, or the run began here.
    var lastCheckpoint = monotonicSeconds()

    /// What a run starts from.
    package struct Start {
        package let recipe: Recipe
        package let session: Session
        package let directory: RunDirectory
        package let problem: Problem
        package let resume: Bool
        package var injections: [Injection] = []
        /// The file for the trace of all ranks; nil writes none.
        package var trace: String?
        /// Whether only warnings and the end are printed.
        package var isQuiet = false
        /// Whether TensorBoard gets histograms of the weights.
        package var writesHistograms = false

        /// The start of a new or resumed run.
        package init(
            recipe: Recipe, session: Session, directory: RunDirectory, problem: Problem, resume: Bool,
            injections: [Injection] = [], trace: String? = nil
        ) {
            self.recipe = recipe
            self.session = session
            self.directory = directory
            self.problem = problem
            self.resume = resume
            self.injections = injections
            self.trace = trace
        }
    }

    /// Loads weights or a checkpoint on rank 0, and broadcasts them.
    package init(_ start: Start) throws {
        let (recipe, session) = (start.recipe, start.session)
        let monitor = RunMonitor(injections: start.injections, rank: session.communicator.rank)
        monitor.enter(.setup, update: 0)
        let reliability = recipe.reliability
        let watchdog = Watchdog(
            monitor: monitor, communicator: session.communicator, directory: start.directory,
            limits: .init(stall: reliability.stallSeconds, abort: reliability.abortSeconds))
        watchdog.start()
        var problem = start.problem
        let layout = problem.layout
        var store = ParameterStore(
            layout: layout, gradients: try session.communicator.makeBuffer(count: layout.count),
            precision: recipe.precision.products)
        var masks = MaskAuthority(
            pool: PrunablePool(layout, includesBiases: recipe.pruning.includeBiases),
            communicator: session.communicator, scope: recipe.pruning.scope)
        let method = start.problem.pruningMethod
        let pruning = PruningState(method: method, pool: masks.pool, elementCount: layout.count)
        let state = try Self.load(
            start.resume ? start.directory : nil, recipe: recipe, session: session, problem: problem,
            store: &store, pruning: pruning, masks: &masks)
        let ledger = RankLedger(
            hosts: try session.exchange(session.communicator.hostName), unit: recipe.task.workUnit)
        let metrics = try Self.openMetrics(
            start.directory, recipe: recipe, state: state, weights: store.values.all, session: session)
        refreshShadow(of: store)
        try problem.prepare(store, session: session)
        let trace = try start.trace.map {
            try Trace(path: $0, after: state.update, unit: recipe.task.workUnit, session: start.session)
        }
        let plan = try recipe.distributed.planReduction(
            of: store.gradients.all, communicator: session.communicator)
        self.recipe = recipe
        self.session = session
        self.monitor = monitor
        self.problem = problem
        self.masks = masks
        self.state = state
        self.metrics = metrics
        self.watchdog = watchdog
        self.ledger = ledger
        self.plan = plan
        self.trace = trace
        directory = start.directory
        writesHistograms = start.writesHistograms
        self.method = method
        progress = Progress(
            session: session, updates: recipe.schedule.updates, startUpdate: state.update,
            unit: recipe.task.workUnit, isQuiet: start.isQuiet)
        if session.communicator.size > 1 { progress.say(plan.description) }
        trainer = Trainer(
            task: problem.makeTask(), store: store, communicator: session.communicator,
            optimizer: recipe.optimizerSettings, distributed: recipe.distributed.following(plan),
            startingAt: state.update, of: recipe.schedule.updates, pruning: pruning, monitor: monitor)
    }

    /// Runs to the end, or until a rank is asked to stop.
    ///
    /// - Throws: On all ranks alike, for exit code 85, once an interrupted run's progress is in a checkpoint.
    package mutating func run() throws {
        defer { watchdog.stop() }
        do {
            try runUpdates()
        } catch let failure as CollectiveFailure {
            // All ranks know of it.
            watchdog.noteReturn()
            throw failure
        }
        watchdog.noteReturn()
    }

    private mutating func runUpdates() throws {
        try session.stopIfInterrupted()
        if trainer.update == 0 {
            try pruneIfDue()
        } else {
            progress.say("continuing after update \(trainer.update)")
            try takeUpMask()
            if state.isEvaluationPending { try followUp() }
        }
        while trainer.update < recipe.schedule.updates, !state.endedEarly {
            try step()
            try pruneIfDue()
            try followUp()
        }
        try finish()
    }

    /// Does one update, without what is due after it.
    package mutating func step() throws {
        let start = monotonicSeconds()
        let minutes = recipe.checkpoint.everyMinutes
        trainer.isCheckpointDue = session.isRoot && minutes > 0 && start - lastCheckpoint > 60 * minutes
        let report = try trainer.step()
        trace?.add(report, start: start, end: monotonicSeconds())
        (isInterrupted, isCheckpointDue) = (report.isInterrupted, report.isCheckpointDue)
        ledger.add(report.notes)
        try record(report)
    }

    /// Evaluates, writes a checkpoint, or stops, as due after an update.
    private mutating func followUp() throws {
        state.update = trainer.update
        let isLast = trainer.update == recipe.schedule.updates
        state.isEvaluationPending = isLast || isDue(every: recipe.evaluation.everyUpdates)
        if isDue(every: recipe.reliability.replicaCheckUpdates) { try checkReplicas() }
        if isInterrupted { try stop() }
        if state.isEvaluationPending { try evaluate() }
        if !isLast { try endIfNoBetter() }
        let isDue = isCheckpointDue || isDue(every: recipe.checkpoint.everyUpdates)
        if isLast || state.endedEarly || isDue { try checkpoint() }
    }

    private func isDue(every interval: Int) -> Bool { interval > 0 && trainer.update % interval == 0 }

    /// Cores that compute, of all ranks.
    var cores: Int { session.communicator.size * Threads.count }

    /// Compares what all ranks hold.
    func checkReplicas() throws {
        try ReplicaCheck(session: session).compare(
            trainer.store, pruning: trainer.pruning, masks: masks, update: trainer.update)
    }

    /// Records an update, and the causes if it is not finite.
    private mutating func record(_ report: StepReport<Problem.Task.Sums>) throws {
        progress.show(
            report, summary: trainer.task.summary(report.sums), sparsity: masks.current.sparsity)
        metrics.append(
            .train, step: report.update,
            report.fields(trainer.task.fields(report)) + ledger.lastFields + [
                ("gradient_bytes", .integer(trainer.sumBytes(wire: recipe.distributed.wire))),
                ("cores", .integer(cores)),
            ])
        state.coreSeconds += report.phases.total * Double(cores)
        state.consecutiveSkips = report.skipped ? state.consecutiveSkips + 1 : 0
        guard report.skipped else { return }
        state.skipped += 1
        try reportNotFinite(report)
    }
}

/// The hash of a tensor's bits.
package func contentHash(_ tensor: Tensor) -> ContentHash {
    var hash = ContentHash()
    hash.combine(tensor)
    return hash
}
