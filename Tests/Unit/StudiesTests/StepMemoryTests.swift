import Batching
import Collectives
import Foundation
import Kernels
import Models
import Session
import Speech
import Tensors
import Testing

@testable import Preflight
@testable import Recipe
@testable import Studies
@testable import Tasks
@testable import Training

private enum Allowed {
    /// What a step may take of the system: 48 seconds of audio, read ahead, come and go in three forms.
    static let bytes = 10 << 20
    /// What oneDNN takes for products of extents that it has not seen, over four batches.
    static let productBytes = 24 << 20
    /// What 200 updates may add to resident memory.
    ///
    /// The heap is never quite still; 20 kB that each update kept would be as much.
    static let growth = 4 << 20
    /// By how much the most frames that a mask can cover may exceed those that it does cover, in bytes of a pass.
    static let maskShare = 1.1
}

/// Bytes that this process has been given so far, by pages.
private func givenBytes() -> Int {
    var usage = rusage()
    let thisProcess: Int32 = 0
    getrusage(__rusage_who_t(thisProcess), &usage)
    return usage.ru_minflt * Int(sysconf(Int32(_SC_PAGESIZE)))
}

/// Bytes of this process that are in memory.
private func residentBytes() -> Int {
    let fields = systemTable("/proc/self/statm").split(separator: " ").compactMap { Int($0) }
    return fields[1] * Int(sysconf(Int32(_SC_PAGESIZE)))
}

/// A tiny model's training on noise, by a process of its own: others' tests take memory too.
private struct NoiseTraining: ~Copyable {
    let session = Session(communicator: SoloCommunicator())
    let configuration = ModelPreset.tiny.configuration
    let corpus: NoiseCorpus

    init(_ seconds: [[Double]]) throws {
        corpus = try NoiseCorpus(seconds, configuration: configuration, session)
    }

    deinit { corpus.remove() }

    var data: SpeechDataset {
        SpeechDataset(
            utterances: corpus.recordings.map {
                Utterance(
                    id: $0.path, audioPath: $0.path, durationSeconds: Double($0.samples) / 16_000, text: "",
                    origin: $0.path)
            },
            heldSeconds: corpus.recordings.map { Double($0.samples) / 16_000 },
            references: corpus.recordings.map { _ in "" }, targets: corpus.recordings.map(\.target),
            audioHashes: [], sampleRate: 16_000, normalizesWaveform: true)
    }

    func measured(updates: Int) throws -> MeasuredTraining {
        try MeasuredTraining(
            network: Wav2Vec2(configuration), recordings: corpus.recordings, batches: corpus.batches,
            settings: MeasuredTraining.Settings(), updates: updates, session: session)
    }

    /// What was planned for a task's updates, and what they had in use at most.
    ///
    /// - Parameter sparsely: Whether all layers that can be pruned multiply the weights alone that are not 0.
    func activationBytes<Task: PlannedSpeechTask>(
        _ task: Task, updates: Int, sparsely: Bool = false
    ) throws -> (planned: Int, used: Int) {
        let recipe = Recipe()
        let store = ParameterStore(
            layout: task.layout, gradients: try session.communicator.makeBuffer(count: task.layout.count))
        task.layout.initialize(store.values.all, seed: 1)
        var trainer = Trainer(
            task: task, store: store, communicator: session.communicator, optimizer: recipe.optimizerSettings,
            distributed: recipe.distributed, startingAt: 0, of: updates)
        var sparse = SparseWeights(training: true)
        for slot in task.layout.prunableSlots where sparsely && slot.shape.rank == 2 {
            sparse.add(
                slot, kept: KeptWeights(nonzeroOf: trainer.store.views.value(slot)),
                values: trainer.store.values.all)
        }
        let sparseSlots = Set(sparse.layers.keys)
        trainer.multiply(sparse)
        for _ in 0..<updates { _ = try trainer.step() }
        let planned = task.activationBytes(
            updates: 0..<updates, rank: 0, rankCount: 1, precision: .float32, sparseSlots: sparseSlots)
        return (planned, trainer.arena.peakBytes)
    }
}

struct StepMemoryTests {
    /// Batches of seconds; the longest comes last.
    private static let seconds = [[1.0, 1], [2, 1.5], [1, 3], [4, 4, 4], [18, 16, 14]]

    @Test("after the first step no step asks the system for activations, the longest batch's included")
    func steps() async {
        await #expect(processExitsWith: .success) {
            let seconds = Self.seconds
            let noise = try NoiseTraining(seconds)
            var training = try noise.measured(updates: 3 * seconds.count)
            _ = try training.step()
            let resident = residentBytes()
            for _ in 1..<seconds.count { _ = try training.step() }
            let largest = PlannedPass(seconds[4].map { .init(samples: Int($0 * 16_000)) })
            try #require(Wav2Vec2(noise.configuration).arenaBytes(largest) > 4 * Allowed.productBytes)
            try #require(residentBytes() - resident < Allowed.productBytes)
            for _ in 0..<2 * seconds.count {
                let given = givenBytes()
                _ = try training.step()
                try #require(givenBytes() - given < Allowed.bytes)
            }
        }
    }

    @Test("a run of fine-tuning uses the arena that was planned from its longest batch to the last byte")
    func plannedFineTuning() async {
        await #expect(processExitsWith: .success) {
            let dense = try Self.fineTuningBytes(sparsely: false)
            try #require(dense.used == dense.planned)
            let sparse = try Self.fineTuningBytes(sparsely: true)
            try #require(sparse.used == sparse.planned)
            try #require(sparse.planned > dense.planned)
        }
    }

    private static func fineTuningBytes(sparsely: Bool) throws -> (planned: Int, used: Int) {
        let noise = try NoiseTraining([[1, 1], [5, 3], [2, 1.5]])
        var recipe = Recipe()
        recipe.regularization.layerDrop = 0
        let task = CTCTask(
            model: Wav2Vec2(noise.configuration), data: noise.data, batches: noise.corpus.batches,
            settings: CTCTask.Settings(
                seed: 1, regularization: recipe.regularization.settings,
                augmentation: recipe.augmentation.settings, freezeFeatureEncoder: true,
                freezeEncoderUpdates: 1, sharing: BatchSharing(rankCost: 1e9),
                blank: noise.configuration.padTokenId,
                zeroInfinity: true))
        return try noise.activationBytes(task, updates: 4, sparsely: sparsely)
    }

    @Test("a run of pre-training stays within the arena that was planned from its longest batch")
    func plannedPretraining() async {
        await #expect(processExitsWith: .success) {
            let noise = try NoiseTraining([[1, 1], [5, 3], [2, 1.5]])
            var recipe = Recipe(for: .pretrain)
            recipe.regularization.layerDrop = 0
            let model = Wav2Vec2Pretraining(
                noise.configuration, objective: recipe.pretraining.objective(of: ModelPreset.tiny.objective))
            let task = PretrainingTask(
                model: model, data: noise.data,
                schedule: BatchSchedule(
                    items: noise.data.items, seed: 1, batchCost: 8, samplingAlpha: 1),
                settings: PretrainingTask.Settings(
                    seed: 1, regularization: recipe.regularization.settings,
                    augmentation: recipe.augmentation.settings,
                    gumbelTemperature: GumbelTemperature(first: 2, last: 0.5, decay: 0.9),
                    sharing: BatchSharing(rankCost: 1e9),
                    recomputesActivations: false))
            let bytes = try noise.activationBytes(task, updates: 6)
            try #require(bytes.used <= bytes.planned)
            try #require(Double(bytes.planned) < Allowed.maskShare * Double(bytes.used))
        }
    }

    @Test("resident memory is flat from update 100 to update 300")
    func flat() async {
        await #expect(processExitsWith: .success) {
            let noise = try NoiseTraining([[0.4, 0.3], [0.5], [0.3, 0.6], [0.7, 0.2]])
            var training = try noise.measured(updates: 300)
            for _ in 0..<100 { _ = try training.step() }
            let resident = residentBytes()
            for _ in 100..<300 { _ = try training.step() }
            try #require(residentBytes() - resident < Allowed.growth)
        }
    }
}
