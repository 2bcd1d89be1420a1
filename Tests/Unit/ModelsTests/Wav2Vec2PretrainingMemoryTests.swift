import Kernels
import Models
import Tensors
import Testing

/// One way of passing over a batch of pre-training.
struct PretrainingPassCase: Sendable, CustomTestStringConvertible {
    let isPostNorm: Bool
    let precision: GEMMPrecision
    /// 0 freezes the feature encoder.
    let gradientScale: Float
    let recomputing: Bool
    let dropout: Float

    var testDescription: String {
        "norm \(isPostNorm ? "after" : "before"), \(precision), gradient scale \(gradientScale), "
            + "recomputing \(recomputing), dropout \(dropout)"
    }

    static let all: [PretrainingPassCase] = [true, false].flatMap { isPostNorm in
        [GEMMPrecision.float32, .bfloat16].flatMap { precision in
            [(1, false, 0), (1, true, 0.1), (0, false, 0.1), (0, true, 0)].map {
                (scale: Float, recomputing: Bool, dropout: Float) in
                PretrainingPassCase(
                    isPostNorm: isPostNorm, precision: precision, gradientScale: scale,
                    recomputing: recomputing, dropout: dropout)
            }
        }
    }
}

/// A model and a batch with a second utterance too short for a mask.
private struct PretrainingPass {
    let network: Wav2Vec2Pretraining
    let pass: PlannedPass
    private let noise: Noise
    private let augmentation: Augmentation
    private static let samples = [5000, 400, 33_000, 12_345]

    init(_ test: PretrainingPassCase) {
        var configuration = ModelPreset.tiny.configuration
        if test.isPostNorm {
            configuration.stableLayerNorm = false
            configuration.featureNormalization = .group
            configuration.convolutionBias = false
        }
        var objective = ModelPreset.tiny.objective
        objective.featureGradientScale = test.gradientScale
        objective.quantizerDropout = test.dropout
        network = Wav2Vec2Pretraining(configuration, objective: objective)
        var augmentation = Augmentation()
        augmentation.timeMaskProbability = 0.65
        augmentation.timeMaskLength = 4
        self.augmentation = augmentation
        var regularization = Regularization()
        regularization.hiddenDropout = test.dropout
        regularization.featureDropout = test.dropout
        noise = Noise(
            seed: 1, step: 0, identities: Self.samples.indices.map { UInt64($0) },
            regularization: regularization)
        var pass = PlannedPass(
            Self.samples.indices.map { item in
                let frames = configuration.frameCount(samples: Self.samples[item])
                let mask = augmentation.timeMask(
                    frames: frames, seed: 1, step: 0, identity: UInt64(item))
                return PlannedPass.Utterance(
                    samples: Self.samples[item], masked: mask.count { $0 })
            })
        pass.precision = test.precision
        pass.recomputing = test.recomputing
        pass.regularization = regularization
        self.pass = pass
    }

    /// The most bytes of an arena that training on the batch has in use, or evaluating it.
    func measuredBytes(evaluating: Bool) -> Int {
        let store = ParameterStore(layout: network.layout, precision: pass.precision)
        network.layout.initialize(store.values.all, seed: 1)
        if let shadow = store.shadow { convert(store.values.all, into: shadow) }
        var arena = Arena()
        let batch = SpeechBatch(
            Self.samples.map { count in
                let input = arena.zeros(rows: count, columns: 1)
                for index in 0..<count { input[index] = Float(index % 17) - 8 }
                return .waveform(input)
            })
        if evaluating {
            _ = network.evaluate(
                batch, parameters: store.float32Views, noise: noise, augmentation: augmentation,
                arena: &arena)
        } else {
            _ = network.accumulateGradients(
                batch, parameters: store.views, noise: noise, augmentation: augmentation,
                gumbelTemperature: 1, recomputing: pass.recomputing, arena: &arena)
        }
        return arena.peakBytes
    }
}

struct Wav2Vec2PretrainingMemoryTests {
    @Test(
        "the planned bytes of a pass of pre-training are those that it takes of the arena",
        arguments: PretrainingPassCase.all.filter { $0.precision == .float32 })
    func float32(test: PretrainingPassCase) {
        let pass = PretrainingPass(test)
        #expect(pass.network.arenaBytes(pass.pass) == pass.measuredBytes(evaluating: false))
    }

    @Test(
        "the planned bytes of a pass of pre-training in bfloat16 are those that it takes of the arena",
        .enabled(if: unavailability(of: .bfloat16) == nil, "needs oneDNN and a CPU with AVX-512 BF16"),
        arguments: PretrainingPassCase.all.filter { $0.precision == .bfloat16 })
    func bfloat16(test: PretrainingPassCase) {
        let pass = PretrainingPass(test)
        #expect(pass.network.arenaBytes(pass.pass) == pass.measuredBytes(evaluating: false))
    }

    @Test(
        "the planned bytes of evaluating pre-training are those that it takes of the arena",
        arguments: PretrainingPassCase.all.filter { $0.precision == .float32 && !$0.recomputing })
    func evaluation(test: PretrainingPassCase) {
        let pass = PretrainingPass(test)
        #expect(pass.network.evaluationArenaBytes(pass.pass) == pass.measuredBytes(evaluating: true))
    }
}
