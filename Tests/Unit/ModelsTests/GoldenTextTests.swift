import Checkpoints
import Kernels
import Models
import Tensors
import TestSupport
import Testing

private let goldenTexts = [
    "bert-classes", "bert-regression", "bert-masked", "xlnet-classes", "xlnet-regression",
]

struct GoldenTextTests {
    @Test("logits, losses and every gradient are those of transformers", arguments: goldenTexts)
    func parity(name: String) throws {
        var model = try GoldenText(directory: "\(goldenModels)/\(name)")
        let answer = model.run()
        for index in 0..<model.count {
            let (logits, loss) = (
                try model.golden.floats("logits.\(index)"), try model.golden.floats("loss.\(index)")
            )
            #expect(relativeDifference(answer.logits[index], logits) < Tolerance.logits)
            #expect(relativeDifference([answer.losses[index]], loss) < Tolerance.loss)
        }
        let gradients = try model.store.compareGradients(
            with: model.golden, dividedBy: Double(model.rowCount))
        #expect(gradients.worst.difference < Tolerance.gradient, "\(gradients.worst)")
        // All but XLNet's mask embedding, which only its second stream reads.
        let unread = name.hasPrefix("xlnet") ? 1 : 0
        #expect(gradients.differences.count == model.network.layout.slots.count - unread)
    }

    @Test("ten Adam updates follow transformers' losses", arguments: goldenTexts)
    func trajectory(name: String) throws {
        var model = try GoldenText(directory: "\(goldenModels)/\(name)")
        let expected = try model.golden.doubles("trajectory")
        let learningRate = try #require(Double(model.golden.metadata["learning_rate"] ?? ""))
        let found = model.trajectory(updates: expected.count - 1, learningRate: learningRate)
        #expect(found.count == 11)
        for (ours, theirs) in zip(found, expected) {
            #expect(abs(ours - theirs) / theirs < Tolerance.trajectory)
        }
        #expect(found[10] < found[0])
    }

    @Test("an example alone gives what it gives among others", arguments: goldenTexts)
    func packing(name: String) throws {
        var model = try GoldenText(directory: "\(goldenModels)/\(name)")
        let noise = noise()
        let packed = model.run(noise: noise)
        for index in 0..<model.count {
            let alone = model.run(
                [index],
                noise: Noise(
                    seed: noise.seed, step: noise.step, identities: [noise.identities[index]],
                    regularization: noise.regularization))
            #expect(relativeDifference(alone.logits[0], packed.logits[index]) < Tolerance.packed)
        }
    }

    @Test(
        "with every dropout on, gradients are those of differences, parameter by parameter",
        arguments: goldenTexts)
    func dropoutGradients(name: String) throws {
        var model = try GoldenText(directory: "\(goldenModels)/\(name)")
        let noise = noise()
        _ = model.run(noise: noise)
        let gradients = FlatBuffer(count: model.network.layout.count)
        gradients.all.copy(from: model.store.gradients.all)
        for slot in model.network.layout.slots where !slot.name.hasSuffix("mask_emb") {
            let (gradient, values) = (gradients.all.elements(slot.range), model.store.values[slot.range])
            let comparison = compareGradient(gradient, of: values) { model.run(noise: noise).loss }
            #expect(comparison.relativeError(floor: 1) < Tolerance.differences, "\(slot.name): \(comparison)")
        }
    }

    @Test("recomputed blocks give the same bits in backward, with dropout on", arguments: goldenTexts)
    func recomputation(name: String) throws {
        guard name != "bert-masked" else { return }
        func gradients(recomputing: Bool) throws -> (bits: [UInt32], bytes: Int) {
            var model = try GoldenText(directory: "\(goldenModels)/\(name)")
            _ = model.run(noise: noise(), recomputing: recomputing)
            return (model.store.gradients.all.array().map(\.bitPattern), model.peakBytes)
        }
        let (kept, again) = (try gradients(recomputing: false), try gradients(recomputing: true))
        let isSame = kept.bits == again.bits
        #expect(isSame)
        #expect(again.bytes < kept.bytes)
    }

    @Test("gradients are final from falling offsets on, and the head alone touches nothing else")
    func finality() throws {
        for name in goldenTexts where name != "bert-masked" {
            var model = try GoldenText(directory: "\(goldenModels)/\(name)")
            guard case .classifier(let network) = model.network else { continue }
            for trainable in [TrainableParameters.headOnly, .everything] {
                var offsets: [Int] = []
                _ = model.run(trainable: trainable) { offsets.append($0) }
                #expect(offsets == offsets.sorted(by: >))
                let first = network.firstTrainableOffset(trainable)
                #expect(offsets.last == first)
                #expect(model.store.gradients[0..<first].array().allSatisfy { $0 == 0 })
                #expect(model.store.gradients[first..<network.layout.count].array().contains { $0 != 0 })
            }
        }
    }

    @Test(
        "products of bfloat16 stay near those of float32",
        .enabled(if: unavailability(of: .bfloat16) == nil, "needs oneDNN and a CPU with AVX-512 BF16"),
        arguments: goldenTexts)
    func bfloat16(name: String) throws {
        var exact = try GoldenText(directory: "\(goldenModels)/\(name)")
        let answer = exact.run()
        var model = try GoldenText(directory: "\(goldenModels)/\(name)", precision: .bfloat16)
        let found = model.run()
        let logits = relativeDifference(found.logits.flatMap { $0 }, answer.logits.flatMap { $0 })
        #expect(logits < Tolerance.bfloat16Logits)
        let gradients = relativeNorm(
            model.store.gradients.all.array(), exact.store.gradients.all.array())
        #expect(gradients < Tolerance.bfloat16Gradient)
    }

    /// Every dropout on, for the five examples of a golden model.
    private func noise() -> Noise {
        var regularization = Regularization()
        regularization.hiddenDropout = 0.2
        regularization.attentionDropout = 0.1
        regularization.activationDropout = 0.3
        regularization.finalDropout = 0.1
        return Noise(seed: 5, step: 3, identities: [1, 2, 3, 4, 5], regularization: regularization)
    }
}
