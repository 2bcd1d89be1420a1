public import Checkpoints
internal import Foundation
internal import Kernels
public import Models
internal import Optimization
public import Tensors

/// A model directory with what transformers' `Wav2Vec2ForPreTraining` says of it, given the same counted noise
/// (Tests/Golden/pretraining.py), and our own answers beside.
public struct GoldenPretraining: ~Copyable {
    /// What transformers says.
    public let golden: SafetensorsFile
    /// The network of the directory's configuration.
    public let network: Wav2Vec2Pretraining
    /// Its weights.
    public let store: ParameterStore
    /// The updates of the golden trajectory.
    public let updates: Int
    /// The lengths of the utterances, in samples.
    public var count: Int { samples.count }
    private var arena: Arena
    private let samples: [[Float]]
    private let metadata: [String: String]

    /// Reads a model directory and its golden file; `change` alters the objective.
    public init(
        directory: String, precision: GEMMPrecision = .float32,
        change: (inout PretrainingConfiguration) -> Void = { _ in }
    ) throws {
        let golden = try SafetensorsFile(path: directory + "/golden.safetensors")
        let config = try Data(contentsOf: URL(fileURLWithPath: directory + "/config.json"))
        func number(_ key: String) throws -> Double {
            guard let value = golden.metadata[key].flatMap(Double.init) else {
                throw CocoaError(.coderValueNotFound, userInfo: [NSDebugDescriptionErrorKey: key])
            }
            return value
        }
        var objective = try JSONDecoder().decode(PretrainingConfiguration.self, from: config)
        objective.featurePenaltyWeight = Float(try number("feature_penalty"))
        objective.featureGradientScale = Float(try number("feature_gradient_scale"))
        change(&objective)
        let network = Wav2Vec2Pretraining(
            try JSONDecoder().decode(Wav2Vec2Configuration.self, from: config), objective: objective)
        let store = ParameterStore(layout: network.layout, precision: precision)
        let weights = try SafetensorsFile(path: directory + "/model.safetensors")
        let report = try loadParameters(from: weights, into: store.values.all, layout: network.layout)
        precondition(report.missing.isEmpty && report.unexpected.isEmpty, "\(directory) is incomplete")
        if let shadow = store.shadow { convert(store.values.all, into: shadow) }
        let samples = try (0..<golden.names.filter { $0.hasPrefix("audio.") }.count).map {
            try golden.floats("audio.\($0)")
        }
        updates = Int(try number("updates"))
        metadata = golden.metadata
        self.golden = golden
        self.network = network
        self.store = store
        self.samples = samples
        arena = Arena()
    }

    private func number(_ key: String) -> Double { metadata[key].flatMap(Double.init) ?? .nan }

    /// The masks of the golden run.
    public var augmentation: Augmentation {
        var augmentation = Augmentation()
        augmentation.timeMaskProbability = number("mask_probability")
        augmentation.timeMaskLength = Int(number("mask_length"))
        return augmentation
    }

    /// The Gumbel temperature of an update.
    public func temperature(_ step: Int) -> Double {
        max(
            number("temperature") * pow(number("temperature_decay"), Double(step)),
            number("temperature_floor"))
    }

    /// Some of the utterances, packed, and their noise: they are known by their places, counted from 1.
    private mutating func batch(
        _ utterances: [Int], step: Int, regularization: Regularization
    ) -> (SpeechBatch, Noise) {
        let packing = PackedRows(lengths: utterances.map { samples[$0].count })
        let waveforms = arena.tensor(rows: packing.totalRows, columns: 1)
        waveforms.copy(from: utterances.flatMap { samples[$0] })
        let noise = Noise(
            seed: UInt64(number("seed")), step: step, identities: utterances.map { UInt64($0 + 1) },
            regularization: regularization)
        return (SpeechBatch(samples: waveforms, packing: packing), noise)
    }

    /// Runs utterances as one packed batch, all by default, and sets or adds to the gradients.
    public mutating func run(
        _ utterances: [Int]? = nil, step: Int = 0, regularization: Regularization = Regularization(),
        recomputing: Bool = false, adding: Bool = false, augmentation: Augmentation? = nil,
        gradientsFinal: (Int) -> Void = { _ in }
    ) -> PretrainingSums {
        arena.reset()
        if !adding { store.gradients.all.fill(0) }
        let (batch, noise) = batch(
            utterances ?? Array(0..<count), step: step, regularization: regularization)
        return network.accumulateGradients(
            batch, parameters: store.views, noise: noise, augmentation: augmentation ?? self.augmentation,
            gumbelTemperature: temperature(step), recomputing: recomputing, arena: &arena,
            gradientsFinal: gradientsFinal)
    }

    /// Evaluates utterances as one packed batch, all by default.
    public mutating func evaluate(
        _ utterances: [Int]? = nil, regularization: Regularization = Regularization()
    ) -> PretrainingSums {
        arena.reset()
        let (batch, noise) = batch(
            utterances ?? Array(0..<count), step: 0, regularization: regularization)
        return network.evaluate(
            batch, parameters: store.views, noise: noise, augmentation: augmentation, arena: &arena)
    }

    /// The largest relative difference of any term of any utterance's loss, evaluation included.
    public mutating func compareTerms() throws -> Double {
        var largest = 0.0
        for index in 0..<count {
            let sums = run([index])
            let found = [
                sums.contrastive, sums.diversity, sums.featurePenalty, sums.maskedFrames,
                evaluate([index]).contrastive,
            ]
            for (ours, theirs) in zip(found, try golden.doubles("terms.\(index)")) {
                let difference = abs(ours - theirs) / max(abs(theirs), 1e-30)
                largest = ours == theirs || difference <= largest ? largest : difference
            }
        }
        return largest
    }

    /// The loss by masked frames before each Adam update of all parameters and after the last.
    public mutating func trajectory() -> [Double] {
        let adam = Adam()
        var losses: [Double] = []
        for step in 0...updates {
            let sums = run(step: step)
            losses.append(sums.loss(network.objective) / sums.maskedFrames)
            guard step < updates else { break }
            adam.update(
                values: store.values.all, gradients: store.gradients.all,
                firstMoment: store.moments.first.all,
                secondMoment: store.moments.second.all, shadow: store.shadow, step: step + 1,
                learningRate: number("learning_rate"), gradientScale: 1 / Float(sums.maskedFrames))
        }
        return losses
    }

    /// The most bytes that a pass had in use.
    public var peakBytes: Int { arena.peakBytes }
}
