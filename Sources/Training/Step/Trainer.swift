internal import Batching
package import Collectives
package import Kernels
package import Optimization
internal import Program
package import Pruning
package import Recipe
internal import Session
internal import Synchronization
package import Tensors

/// The recipe's settings of the optimiser.
package struct OptimizerSettings: Sendable {
    package let adam: Adam
    package let schedule: LearningRateSchedule
    /// The maximum norm of the gradient; 0 does not clip.
    package let clipNorm: Double
    /// The learning rate of trained scores, relative to that of the weights.
    package var scoreRate = 1.0
}

/// One rank's replica and its update: load, differentiate, all-reduce, Adam.
///
/// It decides nothing alone: whatever branches (skipping, clipping) comes from a number that all ranks share.
package struct Trainer<Task: TrainingTask>: ~Copyable {
    package let task: Task
    package let communicator: any Communicator
    package let optimizer: OptimizerSettings
    /// Weights, gradients and moments of this replica.
    package internal(set) var store: ParameterStore
    /// The updates done.
    package private(set) var update: Int
    /// The updates of the whole run.
    let updates: Int
    /// The pruning method's state besides weights and moments.
    package var pruning: PruningState
    /// Which gradients are summed if pruned weights do not change; nil sums all.
    package var keptGradients: KeptElements?
    /// The mask of those weights.
    var stillMask: PruningMask?
    /// Layers that multiply only the weights that the mask keeps; none where forward uses pruned ones.
    package internal(set) var sparse = SparseWeights(training: true)
    /// Memory of one pass; evaluation borrows it between updates.
    package var arena: Arena
    /// The layers for whose sparse products the arena has room.
    var plannedSparse: Set<Int> = []
    /// What this rank is doing, for the watchdog.
    let monitor: RunMonitor
    private var reducer: GradientReducer
    /// Sums gradients instead if their bits must not depend on the number of ranks.
    private var reproducible: ReproducibleSum?
    private let prefetcher: Prefetcher<PrefetchedBatch<Task.MicroBatch>>
    /// Whether this rank's clock says that a checkpoint is due after the next update.
    var isCheckpointDue = false
    /// This rank's items of the last update.
    private(set) var lastItems: [Int] = []

    /// A trainer that has done `update` updates of `updates`.
    package init(
        task: Task, store: consuming ParameterStore, communicator: any Communicator,
        optimizer: OptimizerSettings, distributed: Recipe.Distributed, startingAt update: Int,
        of updates: Int, pruning: consuming PruningState = PruningState(), monitor: RunMonitor = RunMonitor()
    ) {
        self.pruning = pruning
        self.monitor = monitor
        self.task = task
        self.communicator = communicator
        self.optimizer = optimizer
        self.update = update
        self.updates = updates
        reducer = GradientReducer(
            communicator: communicator, gradients: store.gradients.all,
            bucketBytes: Int(distributed.bucketMegabytes * 1_048_576), wire: distributed.wire)
        arena = Self.preparedArena(
            for: task, updates: update..<max(update, updates), communicator: communicator,
            precision: store.precision)
        let gradients = store.gradients.all
        reproducible = task.mostMicroBatches.map {
            ReproducibleSum(communicator: communicator, gradients: gradients, parts: $0)
        }
        self.store = store
        let work = Mutex(
            RankWork(task.schedule, updates: update..<max(update, updates)) {
                task.microBatches(of: $0, rank: communicator.rank, rankCount: communicator.size)
            })
        prefetcher = Prefetcher {
            try work.withLock { $0.next() }.map { work in
                let batch = try work.items.map {
                    try Self.load(
                        $0, isFirst: work.isFirst, update: work.update, task: task, monitor: monitor)
                }
                return PrefetchedBatch(work: work, batch: batch)
            }
        }
    }

    deinit { prefetcher.cancel() }

    /// Does one update, together with all other ranks.
    package mutating func step() throws -> StepReport<Task.Sums> {
        let begin = monotonicSeconds()
        var phases = StepPhases()
        try monitor.failIfDue(update: update + 1)
        let firstTrainable = task.firstTrainableOffset(update: update)
        store.gradients[firstTrainable..<store.layout.count].fill(0)
        beginSum(from: firstTrainable)
        var sums = try accumulate(from: firstTrainable, phases: &phases)
        monitor.enter(.collective, update: update + 1)
        let start = monotonicSeconds()
        let own = RankNote(
            isInterrupted: Interruption.isRequested, isCheckpointDue: isCheckpointDue, phases: phases,
            workload: sums.workload)
        let notes = try finishSum(of: &sums, from: firstTrainable, own: own)
        phases.add(.exposedCommunication, from: start, to: monotonicSeconds())
        addCommunication(to: &phases, since: start)
        var report = try applyUpdate(sums, from: firstTrainable, phases: phases)
        report.notes = notes
        update += 1
        flipIfDue()
        report.phases.wall = monotonicSeconds() - begin
        return report
    }

    private mutating func beginSum(from firstTrainable: Int) {
        if reproducible != nil {
            reproducible?.begin(trainableFrom: firstTrainable)
        } else {
            reducer.begin(trainableFrom: firstTrainable, kept: summedElements(inUpdate: update + 1))
        }
    }

    /// Sums gradients, and what else the update needs, over all ranks; returns each rank's note.
    private mutating func finishSum(
        of sums: inout Task.Sums, from firstTrainable: Int, own: RankNote
    ) throws -> [RankNote] {
        let kept = summedElements(inUpdate: update + 1)
        let isExact = try reproducible?.finish(from: firstTrainable, kept: kept)
        if isExact == false { sums.notFinite += 1 }
        var shared = sums.vector
        let notes =
            try isExact == nil
            ? reducer.finish(extra: &shared, own: own.numbers)
            : communicator.allReduceSum(&shared, gathering: own.numbers)
        sums.vector = shared
        return notes.map(RankNote.init(numbers:))
    }

    /// A reproducible run communicates only at the end, others during backward.
    private func addCommunication(to phases: inout StepPhases, since end: Double) {
        guard reproducible == nil else {
            phases.add(.communication, from: end, to: monotonicSeconds())
            return
        }
        for interval in reducer.intervals {
            phases.add(
                .communication, from: monotonicSeconds(at: interval.lowerBound),
                to: monotonicSeconds(at: interval.upperBound))
        }
    }

    /// Runs this rank's micro-batches; buckets of the last one are all-reduced during its backward pass.
    private mutating func accumulate(
        from firstTrainable: Int, phases: inout StepPhases
    ) throws -> Task.Sums {
        var sums = task.noSums
        lastItems = []
        let gradients = neededGradients
        while true {
            let waiting = monotonicSeconds()
            monitor.enter(.data, update: update + 1)
            guard let next = try prefetcher.next(), next.work.update == update else {
                preconditionFailure("the micro-batches of update \(update) were not loaded")
            }
            if let batch = next.batch {
                phases.add(.data, from: waiting, to: monotonicSeconds())
                lastItems += next.work.items ?? []
                sums += Self.differentiate(
                    batch, task: task, update: update,
                    parameters: store.views.multiplying(sparse, gradients: gradients),
                    isLast: next.work.isLast && reproducible == nil, arena: &arena, reducer: &reducer,
                    phases: &phases, monitor: monitor,
                    poison: poison(isFirst: next.work.isFirst, update: update))
                reproducible?.addPart(from: firstTrainable)
            }
            if next.work.isLast { return sums }
        }
    }

    private static func differentiate(
        _ batch: Task.MicroBatch, task: Task, update: Int, parameters: ParameterViews, isLast: Bool,
        arena: inout Arena, reducer: inout GradientReducer, phases: inout StepPhases, monitor: RunMonitor,
        poison: Int?
    ) -> Task.Sums {
        let start = monotonicSeconds()
        var turn: Double?
        arena.reset()
        monitor.enter(.forward, update: update + 1)
        let sums = task.accumulateGradients(batch, update: update, parameters: parameters, arena: &arena) {
            offset in
            // The first final gradients are those closest to the loss.
            if turn == nil { monitor.enter(.backward, update: update + 1) }
            turn = turn ?? monotonicSeconds()
            if let poison, poison >= offset { parameters.gradients[poison] = .nan }
            if isLast { reducer.gradientsFinal(from: offset) }
        }
        let end = monotonicSeconds()
        phases.add(.forward, from: start, to: turn ?? end)
        phases.add(.backward, from: turn ?? end, to: end)
        return sums
    }

    /// Clips and applies the summed gradient, or skips it on all ranks alike.
    private mutating func applyUpdate(
        _ sums: Task.Sums, from firstTrainable: Int, phases: StepPhases
    ) throws -> StepReport<Task.Sums> {
        monitor.enter(.update, update: update + 1)
        let start = monotonicSeconds()
        let denominator = max(1, sums.items)
        // One rank's number decides for all: MPI recommends equal bits from an all-reduce, but does not
        // promise them.
        var norm = [gradientNorm(store.gradients[firstTrainable..<store.layout.count]) / denominator]
        try communicator.broadcast(&norm, root: 0)
        let learningRate = optimizer.schedule.rate(at: update)
        let isFinite = norm[0].isFinite && sums.loss.isFinite && sums.notFinite == 0
        if isFinite {
            let clip = clippingFactor(norm: norm[0], limit: optimizer.clipNorm)
            apply(learningRate: learningRate, scale: Float(clip / denominator), from: firstTrainable)
            sparse.refresh(from: store.values.all)
        }
        var report = StepReport(
            update: update + 1, sums: sums, learningRate: learningRate, gradientNorm: norm[0],
            skipped: !isFinite, phases: phases)
        report.phases.add(.optimizer, from: start, to: monotonicSeconds())
        return report
    }

    /// Moves scores and weights, including masked ones.
    private mutating func apply(learningRate: Double, scale: Float, from firstTrainable: Int) {
        moveScores(learningRate: learningRate, scale: scale, from: firstTrainable)
        let mask = pruning.show(in: store.values.all)
        if let stillMask, pruning.method.takesAllGradients(inUpdate: update + 1) {
            stillMask.apply(to: store.gradients.all, pool: pruning.pool)
        }
        applyAdam(learningRate: learningRate, scale: scale)
        guard let mask else { return }
        pruning.hide(mask, in: store.values.all)
        refreshShadow(of: store)
    }

    /// For parameters frozen at first, Adam's steps are counted from their release, as in fairseq.
    private func applyAdam(learningRate: Double, scale: Float) {
        let groups = task.parameterGroups
        var upper = store.layout.count
        let lowest = pruning.method.axes.trainsWeights ? 0 : task.headOffset
        for phase in task.trainablePhases where phase.update <= update {
            let range = min(upper, max(lowest, phase.offset))..<upper
            let step = update - phase.update + 1
            for group in groups where group.range.overlaps(range) {
                applyAdam(to: group, in: range, step: step, learningRate: learningRate, scale: scale)
            }
            upper = phase.offset
        }
    }

    private func applyAdam(
        to group: ParameterGroup, in trained: Range<Int>, step: Int, learningRate: Double, scale: Float
    ) {
        var adam = optimizer.adam
        if !group.decays { adam.weightDecay = 0 }
        adam.update(
            group.range.clamped(to: trained), of: store, step: step,
            learningRate: learningRate * group.rateScale, gradientScale: scale)
    }
}

/// Refreshes the bfloat16 weights after something other than an update changed them.
package func refreshShadow(of store: borrowing ParameterStore) {
    if let shadow = store.shadow { convert(store.values.all, into: shadow) }
}
