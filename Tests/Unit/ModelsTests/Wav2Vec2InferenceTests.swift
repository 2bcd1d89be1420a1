import Kernels
import Models
import Tensors
import TestSupport
import Testing

/// A small model with few samples a frame, and a batch with an utterance of several blocks of each kind: of 256 frames
/// in the feature encoder, 1024 in a Transformer block, 2048 in the positional convolution.
private struct LongBatch: ~Copyable {
    let network: Wav2Vec2
    let store: ParameterStore
    var arena = testArena()
    private let lengths = [700, 12_000, 40]
    private let waveform: [Float]

    init(isPostNorm: Bool) {
        var configuration = ModelPreset.tiny.configuration
        configuration.hiddenSize = 16
        configuration.layerCount = 2
        configuration.headCount = 2
        configuration.intermediateSize = 24
        configuration.convolutionChannels = [6, 8]
        configuration.convolutionKernels = [4, 3]
        configuration.convolutionStrides = [3, 2]
        configuration.positionalKernel = isPostNorm ? 6 : 5
        configuration.positionalGroups = 2
        configuration.initializerRange = 0.3
        if isPostNorm {
            configuration.stableLayerNorm = false
            configuration.featureNormalization = .group
            configuration.convolutionBias = false
        }
        network = Wav2Vec2(configuration)
        store = ParameterStore(layout: network.layout)
        network.layout.initialize(store.values.all, seed: 3)
        waveform = wave(lengths.reduce(0, +), phase: 1)
    }

    /// The longest utterance has as many frames.
    var longestFrames: Int { network.configuration.frameCount(samples: 12_000) }

    mutating func batch() -> SpeechBatch {
        arena.reset()
        let samples = arena.tensor(rows: waveform.count, columns: 1)
        samples.copy(from: waveform)
        return SpeechBatch(samples: samples, packing: PackedRows(lengths: lengths))
    }

    /// Logits of a pass that keeps nothing, for `headOnly`, or all.
    mutating func logits(_ trainable: TrainableParameters, noise: Noise?) -> [Float] {
        let batch = batch()
        return network.forward(
            batch, parameters: store.views, noise: noise, augmentation: Augmentation(), trainable: trainable,
            arena: &arena
        ).logits.array()
    }

    /// The logits of the longest utterance, from its samples alone.
    mutating func logitsFromSamples() -> [Float] {
        let samples = Array(waveform[lengths[0]..<lengths[0] + lengths[1]])
        arena.reset()
        return network.evaluate(samples: samples.count, parameters: store.views, arena: &arena) {
            $0.copy(from: samples)
        }.array()
    }
}

/// The largest difference over the largest number.
private func relativeDifference(_ a: [Float], _ b: [Float]) -> Float {
    largestDifference(a, b) / (b.map(abs).max() ?? 1)
}

struct Wav2Vec2InferenceTests {
    @Test(
        "a pass in place, block by block, gives the logits of one that keeps all", arguments: [false, true])
    func blocks(isPostNorm: Bool) {
        var long = LongBatch(isPostNorm: isPostNorm)
        #expect(long.longestFrames > 1024)
        let kept = long.logits(.exceptFeatureEncoder, noise: nil)
        let inPlace = long.logits(.headOnly, noise: nil)
        #expect(relativeDifference(inPlace, kept) < Float(Tolerance.logits))
    }

    @Test("dropouts of a pass in place are those of one that keeps all", arguments: [false, true])
    func dropouts(isPostNorm: Bool) {
        var long = LongBatch(isPostNorm: isPostNorm)
        var regularization = Regularization()
        regularization.featureDropout = 0.2
        regularization.hiddenDropout = 0.2
        regularization.attentionDropout = 0.2
        regularization.activationDropout = 0.2
        let noise = Noise(seed: 2, step: 4, identities: [7, 8, 9], regularization: regularization)
        let kept = long.logits(.exceptFeatureEncoder, noise: noise)
        let inPlace = long.logits(.headOnly, noise: noise)
        #expect(relativeDifference(inPlace, kept) < Float(Tolerance.logits))
        let without = long.logits(.headOnly, noise: nil)
        #expect(relativeDifference(inPlace, without) > 0.01)
    }

    @Test("an utterance from its samples alone gets the logits that it gets in a batch")
    func samples() {
        var long = LongBatch(isPostNorm: true)
        let all = long.logits(.headOnly, noise: nil)
        let alone = long.logitsFromSamples()
        let columns = long.network.configuration.vocabularySize
        let first = long.network.configuration.frameCount(samples: 700) * columns
        let packed = Array(all[first..<first + alone.count])
        #expect(relativeDifference(alone, packed) < Float(Tolerance.logits))
    }

    @Test("forty minutes through the small model take less than 420 MB, and twice as much twice as long")
    func memory() {
        let network = Wav2Vec2(ModelPreset.small.configuration)
        let bytes = network.evaluationArenaBytes(samples: 40 * 60 * 16_000)
        #expect(bytes < 420 << 20)
        #expect(network.evaluationArenaBytes(samples: 80 * 60 * 16_000) < 2 * bytes)
    }

    @Test("the planned bytes of an utterance's logits are those that they take of the arena")
    func planned() {
        var long = LongBatch(isPostNorm: false)
        _ = long.logitsFromSamples()
        #expect(long.network.evaluationArenaBytes(samples: 12_000) == long.arena.peakBytes)
    }
}
