import Kernels
import Models
import Tensors
import TestSupport
import Testing

/// One way of passing over a batch.
struct PassCase: Sendable, CustomTestStringConvertible {
    let preset: String
    let configuration: Wav2Vec2Configuration
    var pass: PlannedPass

    var testDescription: String {
        "\(preset), \(pass.precision), \(pass.trainable), recomputing \(pass.recomputing), features "
            + "\(pass.hasFeatures), dropout \(pass.regularization.hiddenDropout)"
    }
}

private let utterances = [(5000, 3), (12_345, 20), (400, 0), (33_000, 41)]
    .map { PlannedPass.Utterance(samples: $0.0, labels: $0.1) }

/// Shapes with the norm before and after, with group and layer norm in the convolutions.
private let shapes: [(String, Wav2Vec2Configuration)] = {
    var post = ModelPreset.tiny.configuration
    post.stableLayerNorm = false
    post.featureNormalization = .group
    post.convolutionBias = false
    post.layerCount = 3
    return [("norm before", ModelPreset.tiny.configuration), ("norm after", post)]
}()

private let cases: [PassCase] = shapes.flatMap { name, configuration in
    [GEMMPrecision.float32, .bfloat16].flatMap { precision in
        [TrainableParameters.exceptFeatureEncoder, .everything, .headOnly].flatMap { trainable in
            [(false, false, Float(0)), (true, false, 0.1), (false, true, 0.1), (true, true, 0)].compactMap {
                recomputing, hasFeatures, dropout -> PassCase? in
                if hasFeatures && trainable == .everything { return nil }
                var pass = PlannedPass(utterances)
                pass.precision = precision
                pass.trainable = trainable
                pass.recomputing = recomputing
                pass.hasFeatures = hasFeatures
                pass.regularization.hiddenDropout = dropout
                pass.regularization.featureDropout = dropout
                return PassCase(preset: name, configuration: configuration, pass: pass)
            }
        }
    }
}

/// The most bytes of an arena that a real pass of this kind, or evaluating its batch, has in use.
private func measuredBytes(_ test: PassCase, evaluating: Bool = false) -> Int {
    let network = Wav2Vec2(test.configuration)
    let store = ParameterStore(layout: network.layout, precision: test.pass.precision)
    network.layout.initialize(store.values.all, seed: 1)
    if let shadow = store.shadow { convert(store.values.all, into: shadow) }
    var sparse = SparseWeights(training: true)
    for index in test.pass.sparseSlots.sorted() {
        let slot = network.layout.slots[index]
        sparse.add(
            slot, kept: KeptWeights(nonzeroOf: store.views.value(slot)), values: store.values.all)
    }
    let parameters = store.views.multiplying(sparse)
    var arena = Arena()
    func input(rows: Int, columns: Int) -> Tensor {
        let input = arena.zeros(rows: rows, columns: columns)
        for index in 0..<input.count { input[index] = Float(index % 17) - 8 }
        return input
    }
    let batch: SpeechBatch
    if test.pass.hasFeatures {
        let packing = PackedRows(
            lengths: test.pass.utterances.map { test.configuration.frameCount(samples: $0.samples) })
        batch = SpeechBatch(
            features: input(rows: packing.totalRows, columns: network.featureChannels), packing: packing)
    } else {
        batch = SpeechBatch(
            test.pass.utterances.map { .waveform(input(rows: $0.samples, columns: 1)) })
    }
    let noise = Noise(
        seed: 1, step: 0, identities: utterances.indices.map { UInt64($0) },
        regularization: test.pass.regularization)
    let targets = test.pass.utterances.map { utterance in (0..<utterance.labels).map { 1 + $0 % 30 } }
    var losses: [Float] = []
    func loss(_ logits: Tensor, _ packing: PackedRows, _ arena: inout Arena, dLogits: Tensor?) {
        ctcLoss(
            logits: logits, packing: packing, targets: targets, blank: 0, zeroInfinity: true, scale: 1,
            arena: &arena, losses: &losses, dLogits: dLogits)
    }
    guard !evaluating else {
        let output = network.evaluate(batch, parameters: parameters, arena: &arena)
        loss(output.logits, output.packing, &arena, dLogits: nil)
        return arena.peakBytes
    }
    let output = network.forward(
        batch, parameters: parameters, noise: noise, augmentation: Augmentation(),
        trainable: test.pass.trainable, recomputing: test.pass.recomputing, arena: &arena)
    let dLogits = arena.tensor(rows: output.logits.rows, columns: output.logits.columns)
    loss(output.logits, output.packing, &arena, dLogits: dLogits)
    network.backward(dLogits, output: output, arena: &arena)
    return arena.peakBytes
}

struct Wav2Vec2MemoryTests {
    @Test(
        "the planned bytes of a pass are those that it takes of the arena",
        arguments: cases.filter { $0.pass.precision == .float32 })
    func float32(test: PassCase) {
        #expect(Wav2Vec2(test.configuration).arenaBytes(test.pass) == measuredBytes(test))
    }

    @Test(
        "the planned bytes of a pass in bfloat16 are those that it takes of the arena",
        .enabled(if: unavailability(of: .bfloat16) == nil, "needs oneDNN and a CPU with AVX-512 BF16"),
        arguments: cases.filter { $0.pass.precision == .bfloat16 })
    func bfloat16(test: PassCase) {
        #expect(Wav2Vec2(test.configuration).arenaBytes(test.pass) == measuredBytes(test))
    }

    @Test(
        "the planned bytes of evaluating are those that it takes of the arena",
        arguments: cases.filter { $0.pass.precision == .float32 && $0.pass.trainable == .headOnly })
    func evaluation(test: PassCase) {
        #expect(
            Wav2Vec2(test.configuration).evaluationArenaBytes(test.pass)
                == measuredBytes(test, evaluating: true))
    }

    @Test(
        "the planned bytes of sparse products are those that they take of the arena",
        arguments: cases.filter { $0.pass.precision == .float32 })
    func sparse(test: PassCase) {
        let network = Wav2Vec2(test.configuration)
        var test = test
        test.pass.sparseSlots = Set(
            network.layout.prunableSlots.filter { $0.shape.rank == 2 }.map(\.index))
        let planned = network.arenaBytes(test.pass)
        #expect(planned == measuredBytes(test))
        #expect(network.evaluationArenaBytes(test.pass) == measuredBytes(test, evaluating: true))
        // With kept features nothing but the Transformer can be what takes most.
        guard test.pass.hasFeatures, test.pass.trainable != .headOnly else { return }
        test.pass.sparseSlots = []
        #expect(planned > network.arenaBytes(test.pass), "what is multiplied sparsely takes scratch")
    }

    @Test("more frames, more labels or more kept never take less")
    func monotone() {
        let network = Wav2Vec2(ModelPreset.base.configuration)
        func bytes(_ seconds: [Int], recomputing: Bool = false) -> Int {
            var pass = PlannedPass(seconds.map { .init(samples: 16_000 * $0, labels: 10 * $0) })
            pass.recomputing = recomputing
            return network.arenaBytes(pass)
        }
        #expect(bytes([5]) < bytes([6]))
        #expect(bytes([5]) < bytes([5, 5]))
        #expect(bytes([5, 5]) < bytes([10]))
        #expect(bytes([10], recomputing: true) < bytes([10]))
    }
}
