internal import Batching
internal import Collectives
internal import Foundation
internal import JSON
internal import Kernels
package import Models
internal import Preflight
internal import Program
package import Recipe
package import Session
package import Tasks
package import Tensors
internal import Training

/// How the feature encoder is treated in a measured update.
package enum MeasuredFeatures: String, Sendable, CaseIterable {
    /// Frozen; its output is computed in every update.
    case computed
    /// Frozen; its output is cached.
    case cached
    /// Trained with the rest.
    case trained
}

/// Options of `parp bench step`.
package struct StepBenchmarkOptions: Sendable {
    /// The shape.
    package var configuration: Wav2Vec2Configuration
    /// The model's name in the output.
    package var modelName: String
    /// Utterances per rank.
    package var batch = 4
    /// Seconds of each utterance.
    package var seconds = 5.0
    /// A JSON file with a list of batches, each a list of its utterances' seconds; nil uses `batch` and
    /// `seconds`.
    package var batchesFile: String?
    /// What products multiply; `automatic` is what a probe finds faster.
    package var precision = Automatic<GEMMPrecision>.value(.float32)
    /// The probe's result.
    var precisionProbe: PrecisionProbe?
    /// How the feature encoder is treated.
    package var features = MeasuredFeatures.computed
    /// Threads per rank.
    package var threads = 1
    /// The probability of every dropout.
    package var dropout = 0.1
    /// Measured updates, after the warm-up.
    package var updates = 5
    /// Warm-up updates.
    package var warmup = 2
    /// Whether each update is followed by one of a second replica whose ranks sum nothing: the difference is
    /// the cost of communication.
    package var besideSilent = false
    /// A mask; nil for none.
    ///
    /// Each update is then followed by one of a second replica that also multiplies the zeros, or, if the mask
    /// moves, has none, as PARP's updates.
    package var mask: MeasuredMask?
    /// Megabytes of gradients per message.
    package var bucketMegabytes = 25.0
    /// Whether to print one JSON object instead of a table.
    package var json = false

    /// A benchmark of a model's update.
    package init(configuration: Wav2Vec2Configuration, modelName: String) {
        self.configuration = configuration
        self.modelName = modelName
    }

    /// Whether one of this many ranks computes without others, in one thread.
    func isAlone(among ranks: Int) -> Bool { ranks == 1 && threads == 1 }
}

/// Measures fine-tuning updates on random audio, and prints where their time goes.
package func runStepBenchmark(_ options: StepBenchmarkOptions, session: Session) throws {
    setMathThreads(options.threads)
    var options = options
    let precision = try settlePrecision(of: &options, session: session)
    let ranks = session.communicator.size
    let batches = try session.together { try plannedBatches(options, ranks: ranks) }
    let corpus = try session.together {
        try NoiseCorpus(batches, configuration: options.configuration, session)
    }
    defer { corpus.remove() }
    let product = LargestProduct(options.configuration, batches: batches, ranks: ranks, precision)
    var settings = MeasuredTraining.Settings()
    settings.precision = precision
    settings.cacheFolder = options.features == .cached ? corpus.folder + "/features" : nil
    settings.trainsFeatureEncoder = options.features == .trained
    settings.dropout = options.dropout
    settings.bucketMegabytes = options.bucketMegabytes
    settings.mask = options.mask
    let updates = max(options.updates, batches.count)
    func makeReplica(_ batches: [[Int]], _ session: Session) throws -> MeasuredReplica {
        MeasuredReplica(
            training: try MeasuredTraining(
                network: Wav2Vec2(options.configuration), recordings: corpus.recordings, batches: batches,
                settings: settings, updates: options.warmup + updates, session: session))
    }
    var replica = try makeReplica(corpus.batches, session)
    let ownShare = corpus.share(of: session)
    var beside: MeasuredReplica?
    if options.besideSilent {
        beside = try makeReplica(ownShare, Session(communicator: SoloCommunicator()))
    } else if let mask = options.mask {
        settings.multipliesSparsely = false
        if mask.moves { settings.mask = nil }
        beside = try makeReplica(corpus.batches, session)
    }
    let clock = benchmarkClock(isAlone: options.isAlone(among: ranks))
    for update in 0..<options.warmup + updates {
        let speed = update < options.warmup ? nil : product.measure(by: clock)
        let operations = corpus.samples(ofUpdate: update).map(options.configuration.operations)
        try session.communicator.barrier()
        try replica.update(operations, productSpeed: speed)
        try session.communicator.barrier()
        try beside?.update(operations, productSpeed: speed)
    }
    let report = try replica.measured.report(
        options, beside: beside?.measured ?? StepMeasurements(), sparseLayers: replica.sparseLayerCount,
        session: session)
    if session.isRoot { print(options.json ? report.line : report.text()) }
}

/// The requested precision, or the one that a probe finds faster.
private func settlePrecision(
    of options: inout StepBenchmarkOptions, session: Session
) throws -> GEMMPrecision {
    if let stated = options.precision.stated {
        try session.together {
            if let fault = unavailability(of: stated) { throw UserError(.usage, fault) }
        }
        return stated
    }
    let probe = try session.probePrecision(
        Wav2Vec2(options.configuration).layout, frames: Int(50 * Double(options.batch) * options.seconds),
        heldSparsity: options.mask.map { $0.moves ? 0 : $0.sparsity } ?? 0)
    options.precisionProbe = probe
    options.precision = .value(probe.precision)
    return probe.precision
}

/// The seconds of each utterance of each global batch.
private func plannedBatches(_ options: StepBenchmarkOptions, ranks: Int) throws -> [[Double]] {
    guard let path = options.batchesFile else {
        return [[Double](repeating: options.seconds, count: options.batch * ranks)]
    }
    guard let data = FileManager.default.contents(atPath: path), data.count < 64 << 20,
        let batches = try? JSONDecoder().decode([[Double]].self, from: data), !batches.isEmpty,
        batches.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0 > 0.03 && $0 < 600 } })
    else { throw UserError(.data, "\(path): must be a JSON list of batches, each a list of seconds") }
    return batches
}
