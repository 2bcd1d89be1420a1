import Checkpoints
import Foundation
import Models
import Tensors
import TestSupport
import Testing

/// The golden models' folder.
let goldenModels = goldenFolder + "/models"

/// Tolerances of the comparison with transformers, as the project promises them.
enum Tolerance {
    /// Largest difference of logits over the largest logit: float32 sums in another order, through every
    /// layer.
    static let logits = 1e-4
    /// Relative difference of a loss.
    static let loss = 1e-5
    /// Norm of a gradient's difference over its norm.
    static let gradient = 1e-3
    /// Relative difference of a loss after up to ten updates.
    static let trajectory = 1e-3
    /// Logits of bfloat16 products: 2⁻⁹ of each factor, through every layer, over the largest logit.
    static let bfloat16Logits = 0.03
    /// Relative difference of a loss of bfloat16 products, before and after ten updates.
    static let bfloat16Loss = 0.02
    /// The norm of a gradient's difference over its norm; single ones scatter, all of them together less.
    static let bfloat16Gradient = 0.1
    /// A derivative of the whole model against differences of its float32 loss.
    static let differences = 5e-3
    /// Logits of the frozen feature encoder, with its group norm folded into weights.
    static let frozen = 2e-5
    /// Logits of an example among others: products of other shapes sum in another order.
    static let packed = 2e-5
    /// A gradient that cancels exactly, such as a key bias's under softmax, is rounding noise in both
    /// programs: it is compared on the scale of the largest gradient instead of its own.
    static let vanishingNorm = 1e-6
}

struct Wav2Vec2Tests {
    @Test(
        "logits, losses and every gradient are those of transformers",
        arguments: ["tiny-group", "tiny-stable", "tiny-odd", "hubert-group", "hubert-stable"])
    func parity(name: String) throws {
        var model = try GoldenModel(directory: "\(goldenModels)/\(name)")
        let golden = model.golden
        let answer = model.run(trainable: .everything)
        for index in 0..<model.count {
            #expect(
                relativeDifference(answer.logits[index], try golden.floats("logits.\(index)"))
                    < Tolerance.logits)
            #expect(
                relativeDifference([answer.losses[index]], try golden.floats("loss.\(index)"))
                    < Tolerance.loss)
        }
        var compared = 0
        for slot in model.network.layout.slots where golden.info("gradient.\(slot.name)") != nil {
            let expected = try golden.floats("gradient.\(slot.name)")
            let found = model.gradient(slot)
            compared += 1
            if norm(expected) < Tolerance.vanishingNorm * model.largestGradientNorm {
                #expect(
                    norm(found) < 10 * Tolerance.vanishingNorm * model.largestGradientNorm, "\(slot.name)")
            } else {
                #expect(relativeNorm(found, expected) < Tolerance.gradient, "\(slot.name)")
            }
        }
        // All but the mask embedding, which nothing in an unmasked batch touches.
        #expect(compared == model.network.layout.slots.count - 1)
    }

    @Test(
        "ten Adam updates follow transformers' losses", arguments: ["tiny-group", "tiny-stable", "tiny-odd"])
    func trajectory(name: String) throws {
        var model = try GoldenModel(directory: "\(goldenModels)/\(name)")
        let expected = try model.golden.doubles("trajectory")
        let learningRate = try #require(Double(model.golden.metadata["learning_rate"] ?? ""))
        let found = model.trajectory(updates: expected.count - 1, learningRate: learningRate)
        #expect(found.count == 11)
        for (ours, theirs) in zip(found, expected) {
            #expect(abs(ours - theirs) / theirs < Tolerance.trajectory)
        }
        #expect(found[10] < found[0])
    }

    @Test("gradients are final from falling offsets on, and nothing below a frozen part is touched")
    func finality() throws {
        var model = try GoldenModel(directory: "\(goldenModels)/tiny-stable")
        let network = model.network
        for trainable in [TrainableParameters.headOnly, .exceptFeatureEncoder, .everything] {
            let offsets = model.finalOffsets(trainable: trainable)
            #expect(offsets == offsets.sorted(by: >))
            #expect(offsets.last == network.firstTrainableOffset(trainable))
            let frozen = model.store.gradients[0..<network.firstTrainableOffset(trainable)]
            #expect(frozen.array().allSatisfy { $0 == 0 })
        }
    }

    @Test(
        "evaluation, with its fused feature encoder, gives transformers' logits, also where audio is far from zero",
        arguments: ["tiny-group", "tiny-stable", "tiny-odd"])
    func evaluation(name: String) throws {
        var model = try GoldenModel(directory: "\(goldenModels)/\(name)")
        for (index, logits) in model.evaluate().enumerated() {
            let expected = try model.golden.floats("logits.\(index)")
            #expect(relativeDifference(logits, expected) < Tolerance.logits)
        }
        let saving = model.run(trainable: .everything).logits
        for (fused, saved) in zip(model.evaluate(), saving) {
            #expect(relativeDifference(fused, saved) < Tolerance.frozen)
        }
    }

    @Test(
        "recomputed blocks give the same bits in backward, with dropout on, and many of them from less memory",
        arguments: ["tiny-group", "tiny-stable"])
    func recomputation(name: String) throws {
        let noise = noise(layerDrop: 0.3)
        func gradients(recomputing: Bool) throws -> [UInt32] {
            var model = try GoldenModel(directory: "\(goldenModels)/\(name)")
            _ = model.run(trainable: .exceptFeatureEncoder, noise: noise, recomputing: recomputing)
            return model.store.gradients.all.array().map(\.bitPattern)
        }
        let (kept, again) = (try gradients(recomputing: false), try gradients(recomputing: true))
        let isSame = kept == again
        #expect(isSame)
        // What is saved grows with the blocks, and one that is computed once more takes its output beside what it would
        // have kept: with two, one dropped by layer drop, nothing is saved; hence six.
        var configuration = try GoldenModel(directory: "\(goldenModels)/\(name)").network.configuration
        configuration.layerCount = 6
        func planned(recomputing: Bool) -> Int {
            var pass = PlannedPass([.init(samples: 16_000, labels: 10)])
            pass.recomputing = recomputing
            return Wav2Vec2(configuration).arenaBytes(pass)
        }
        #expect(planned(recomputing: true) < planned(recomputing: false))
    }

    @Test(
        "with every dropout on, gradients are those of differences, parameter by parameter",
        arguments: ["tiny-group", "tiny-stable"])
    func dropoutGradients(name: String) throws {
        let noise = noise()
        var model = try GoldenModel(directory: "\(goldenModels)/\(name)")
        _ = model.run(trainable: .everything, noise: noise)
        let gradients = FlatBuffer(count: model.network.layout.count)
        gradients.all.copy(from: model.store.gradients.all)
        let parts = [
            "projection.weight", "layer_norm.weight", "v_proj.weight", "out_proj.weight", "dense.weight",
        ]
        var compared = 0
        for slot in model.network.layout.slots where parts.contains(where: slot.name.hasSuffix) {
            let (gradient, values) = (gradients.all.elements(slot.range), model.store.values[slot.range])
            let comparison = compareGradient(gradient, of: values) {
                let losses = model.run(trainable: .exceptFeatureEncoder, noise: noise).losses
                return losses.reduce(0) { $0 + Double($1) }
            }
            // A loss of a hundred is known to 1e-5; by the step, that leaves 1e-3 of a derivative of one.
            #expect(comparison.relativeError(floor: 1) < Tolerance.differences, "\(slot.name): \(comparison)")
            compared += 1
        }
        #expect(compared > 10)
    }

    /// Every dropout on, for the three utterances of a golden model.
    private func noise(layerDrop: Float = 0) -> Noise {
        var regularization = Regularization()
        regularization.layerDrop = layerDrop
        regularization.featureDropout = 0.1
        regularization.hiddenDropout = 0.2
        regularization.attentionDropout = 0.1
        regularization.activationDropout = 0.3
        regularization.finalDropout = 0.1
        return Noise(seed: 5, step: 3, identities: [1, 2, 3], regularization: regularization)
    }

    private func norm(_ values: [Float]) -> Double {
        values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
}
