public import Collectives
internal import Foundation
internal import Optimization
internal import Speech
public import Tensors

/// One rank's replica and the update of it: load, differentiate, all-reduce, Adam.
///
/// It decides nothing alone: whatever branches (skipping, clipping) comes from a number all ranks share.
public struct Trainer<Task: TrainingTask>: ~Copyable {
    let task: Task
    let communicator: any Communicator
    let optimizer: OptimizerSettings
    /// Weights, gradients and moments of this replica.
    public let store: ParameterStore
    /// The updates done.
    public private(set) var update = 0
    private var arena: Arena
    private let reducer: GradientReducer
    private var prefetcher: Prefetcher<Task.MicroBatch>?

    /// What the optimiser does, as the recipe says.
    public struct OptimizerSettings: Sendable {
        let adam: Adam
        let schedule: LearningRateSchedule
        /// The most the gradient's norm may be; 0 does not clip.
        let clipNorm: Double
    }

    /// A trainer that has done `startingAt` updates.
    public init(
        task: Task, store: consuming ParameterStore, communicator: any Communicator,
        optimizer: OptimizerSettings, bucketMegabytes: Double, startingAt update: Int
    ) {
        self.task = task
        self.communicator = communicator
        self.optimizer = optimizer
        self.update = update
        arena = Arena()
        reducer = GradientReducer(
            communicator: communicator, gradients: store.gradients.all,
            bucketBytes: Int(bucketMegabytes * 1_048_576))
        self.store = store
    }

    /// The most memory that activations ever took.
    public var peakActivationBytes: Int { arena.peakBytes }

    /// Does one update on every rank.
    public mutating func step() throws -> StepReport {
        var phases = StepPhases()
        let firstTrainable = task.firstTrainableOffset(update: update)
        store.gradients[firstTrainable..<store.layout.count].fill(0)
        var sums = try accumulate(from: firstTrainable, phases: &phases)
        let start = monotonicSeconds()
        var shared = sums.vector
        try reducer.finish(extra: &shared)
        sums.vector = shared
        phases.exposedCommunication = monotonicSeconds() - start
        phases.communication = reducer.communicationSeconds
        let report = try applyUpdate(sums, from: firstTrainable, phases: phases)
        update += 1
        return report
    }

    /// Runs this rank's micro-batches; buckets of the last one are all-reduced while it is still in backward.
    private mutating func accumulate(from firstTrainable: Int, phases: inout StepPhases) throws -> BatchSums {
        let microBatches = task.microBatches(
            of: task.globalBatch(update: update), rank: communicator.rank, rankCount: communicator.size)
        reducer.begin(trainableFrom: firstTrainable)
        var sums = BatchSums()
        for index in microBatches.indices {
            let waiting = monotonicSeconds()
            let batch = try nextBatch()
            let computing = monotonicSeconds()
            phases.data += computing - waiting
            let isLast = index == microBatches.count - 1
            arena.reset()
            sums += task.accumulateGradients(
                batch, update: update, parameters: store.views, arena: &arena
            ) { [reducer] offset in
                if isLast { reducer.gradientsFinal(from: offset) }
            }
            phases.compute += monotonicSeconds() - computing
        }
        // A rank without a share contributes its zeros.
        reducer.gradientsFinal(from: firstTrainable)
        return sums
    }

    /// Clips and applies the summed gradient, or skips it on all ranks alike.
    private mutating func applyUpdate(
        _ sums: BatchSums, from firstTrainable: Int, phases: StepPhases
    ) throws -> StepReport {
        let start = monotonicSeconds()
        let denominator = max(1, sums.items)
        var norm = [
            gradientNorm(store.gradients[firstTrainable..<store.layout.count]) / denominator
        ]
        // One rank's number decides for all: replicas agree only as far as MPI's all-reduce gives equal bits.
        try communicator.broadcast(&norm, root: 0)
        let learningRate = optimizer.schedule.rate(at: update)
        var report = StepReport(
            update: update + 1, sums: sums, learningRate: learningRate, gradientNorm: norm[0],
            skipped: !norm[0].isFinite || sums.notFinite > 0, phases: phases)
        if !report.skipped {
            let clip = clippingFactor(norm: norm[0], limit: optimizer.clipNorm)
            applyAdam(learningRate: learningRate, scale: Float(clip / denominator))
        }
        report.phases.optimizer = monotonicSeconds() - start
        return report
    }

    /// Parameters that were frozen at first count Adam's steps from when they were freed, as fairseq's do.
    private func applyAdam(learningRate: Double, scale: Float) {
        var upper = store.layout.count
        for phase in task.trainablePhases where phase.update <= update {
            let range = phase.offset..<upper
            optimizer.adam.update(
                values: store.values[range], gradients: store.gradients[range],
                firstMoment: store.firstMoment[range], secondMoment: store.secondMoment[range],
                step: update - phase.update + 1, learningRate: learningRate, gradientScale: scale)
            upper = range.lowerBound
        }
    }
}

