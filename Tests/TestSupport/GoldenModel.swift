public import Checkpoints
internal import Foundation
internal import Kernels
public import Models
internal import Optimization
public import Tensors

/// A model directory with what transformers says of it (Tests/Golden/golden.py), and our own answers beside.
public struct GoldenModel: ~Copyable {
    /// What transformers says.
    public let golden: SafetensorsFile
    /// The network of the directory's configuration.
    public let network: Wav2Vec2
    /// Its weights.
    public let store: ParameterStore
    private var arena: Arena
    private var mask = HeldMask()
    private let samples: [[Float]]
    private let targets: [[Int]]

    /// Reads a model directory and its golden file; products are of a precision.
    public init(directory: String, precision: GEMMPrecision = .float32) throws {
        let golden = try SafetensorsFile(path: directory + "/golden.safetensors")
        let config = try Data(contentsOf: URL(fileURLWithPath: directory + "/config.json"))
        let network = Wav2Vec2(try JSONDecoder().decode(Wav2Vec2Configuration.self, from: config))
        let weights = try SafetensorsFile(path: directory + "/model.safetensors")
        let store = ParameterStore(layout: network.layout, precision: precision)
        let report = try loadParameters(from: weights, into: store.values.all, layout: network.layout)
        precondition(report.missing.isEmpty && report.unexpected.isEmpty, "\(directory) is incomplete")
        if let shadow = store.shadow { convert(store.values.all, into: shadow) }
        let indices = 0..<golden.names.filter { $0.hasPrefix("audio.") }.count
        let samples = try indices.map { try golden.floats("audio.\($0)") }
        let targets = try indices.map { try golden.integers("target.\($0)") }
        self.samples = samples
        self.targets = targets
        self.golden = golden
        self.network = network
        self.store = store
        arena = Arena()
    }

    /// The number of utterances.
    public var count: Int { samples.count }

    /// What one forward and backward pass over the packed batch gives.
    public struct Answer {
        /// The logits of each utterance.
        public var logits: [[Float]]
        /// The loss of each utterance.
        public var losses: [Float]
        /// The mean loss.
        public var loss: Double { losses.reduce(0) { $0 + Double($1) } / Double(losses.count) }
    }

    /// The largest norm of any parameter's gradient of the mean loss, after `run`.
    public var largestGradientNorm: Double { store.largestGradientNorm(dividedBy: Double(count)) }

    /// The offsets from which on backward says that gradients are final.
    public mutating func finalOffsets(trainable: TrainableParameters) -> [Int] {
        var offsets: [Int] = []
        _ = run(trainable: trainable) { offsets.append($0) }
        return offsets
    }

    /// The logits of each utterance, as evaluation computes them.
    public mutating func evaluate() -> [[Float]] {
        arena.reset()
        let output = network.evaluate(batch(), parameters: parameters, arena: &arena)
        return (0..<count).map { output.logits.rows(output.packing[$0]).array() }
    }

    /// Zeroes a share of the prunable weights, and from then on keeps them so.
    ///
    /// - Parameter sparsely: Whether all layers multiply the others alone, whatever is faster.
    public mutating func prune(_ share: Double, sparsely: Bool) {
        mask = HeldMask(share, of: store, sparsely: sparsely)
    }

    /// Which gradients sparse layers accumulate.
    public var sparseGradients = SparseGradients.kept

    private var parameters: ParameterViews {
        store.views.multiplying(mask.sparse, gradients: sparseGradients)
    }

    /// All utterances, packed.
    private mutating func batch() -> SpeechBatch {
        let packing = PackedRows(lengths: samples.map(\.count))
        let waveforms = arena.tensor(rows: packing.totalRows, columns: 1)
        waveforms.copy(from: samples.flatMap { $0 })
        return SpeechBatch(samples: waveforms, packing: packing)
    }

    /// The most bytes that a pass had in use.
    public var peakBytes: Int { arena.peakBytes }

    /// Runs all utterances as one packed batch and accumulates the gradients of the summed loss.
    public mutating func run(
        trainable: TrainableParameters, noise: Noise? = nil, recomputing: Bool = false,
        gradientsFinal: (Int) -> Void = { _ in }
    ) -> Answer {
        arena.reset()
        store.gradients.all.fill(0)
        let output = network.forward(
            batch(), parameters: parameters, noise: noise, augmentation: Augmentation(),
            trainable: trainable, recomputing: recomputing, arena: &arena)
        var losses = [Float](repeating: 0, count: count)
        let dLogits = arena.tensor(rows: output.logits.rows, columns: output.logits.columns)
        ctcLoss(
            logits: output.logits, packing: output.packing, targets: targets, blank: 0, zeroInfinity: true,
            scale: 1, arena: &arena, losses: &losses, dLogits: dLogits)
        network.backward(dLogits, output: output, arena: &arena, gradientsFinal: gradientsFinal)
        let logits = (0..<count).map { output.logits.rows(output.packing[$0]).array() }
        return Answer(logits: logits, losses: losses)
    }

    /// The mean loss before each of ten Adam updates and after the last, the feature encoder frozen.
    public mutating func trajectory(updates: Int, learningRate: Double) -> [Double] {
        let adam = Adam()
        let range = network.firstTrainableOffset(.exceptFeatureEncoder)..<network.layout.count
        var losses: [Double] = []
        for step in 1...updates + 1 {
            losses.append(run(trainable: .exceptFeatureEncoder).loss)
            guard step <= updates else { break }
            mask.clearGradients(of: store)
            adam.update(
                values: store.values[range], gradients: store.gradients[range],
                firstMoment: store.moments.first[range], secondMoment: store.moments.second[range],
                shadow: store.shadow(range), step: step, learningRate: learningRate,
                gradientScale: 1 / Float(count))
            mask.sparse.refresh(from: store.values.all)
        }
        return losses
    }

    /// The gradient of a parameter of the mean loss, in file order.
    public func gradient(_ slot: ParameterSlot) -> [Float] {
        store.gradient(slot, dividedBy: Double(count))
    }
}

/// The largest difference of two arrays, relative to the largest of the expected.
public func relativeDifference(_ found: [Float], _ expected: [Float]) -> Double {
    let largest = expected.reduce(1e-30) { max($0, Double(abs($1))) }
    return zip(found, expected).reduce(0) { max($0, Double(abs($1.0 - $1.1))) } / largest
}

/// The norm of the difference of two arrays, relative to the norm of the expected.
public func relativeNorm(_ found: [Float], _ expected: [Float]) -> Double {
    let norm = expected.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    let difference = zip(found, expected).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
    return difference.squareRoot() / max(norm, 1e-30)
}
