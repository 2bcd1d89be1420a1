import Checkpoints
import Models
import Tensors
import TestSupport
import Testing

/// Bounds of pre-training that fine-tuning has not.
extension Tolerance {
    /// Relative difference of a term of the loss: cosines over a temperature of 0.1 multiply rounding by ten.
    static let term = 1e-5
    /// The contrastive loss of bfloat16 products: a code that is nearly as probable as another may be taken
    /// instead, and a dozen frames feel each.
    static let bfloat16Contrast = 0.1
    /// Sums over utterances in one batch, or one by one.
    static let batching = 1e-5
}

struct Wav2Vec2PretrainingTests {
    private static let models = ["pretraining-tiny-group", "pretraining-tiny-stable"]

    @Test("every term of the loss and every gradient are those of transformers", arguments: models)
    func parity(name: String) throws {
        var model = try GoldenPretraining(directory: "\(goldenModels)/\(name)")
        #expect(try model.compareTerms() < Tolerance.term)
        let sums = model.run()
        let gradients = try model.store.compareGradients(with: model.golden, dividedBy: sums.maskedFrames)
        #expect(gradients.differences.count == model.network.layout.slots.count)
        #expect(gradients.worst.difference < Tolerance.gradient, "\(gradients.worst.name)")
    }

    @Test("ten Adam updates with fresh noise follow transformers' losses", arguments: models)
    func trajectory(name: String) throws {
        var model = try GoldenPretraining(directory: "\(goldenModels)/\(name)")
        let expected = try model.golden.doubles("trajectory")
        let found = model.trajectory()
        #expect(found.count == 11 && expected.count == 11)
        for (ours, theirs) in zip(found, expected) {
            #expect(abs(ours - theirs) / theirs < Tolerance.trajectory)
        }
    }

    @Test("losses and gradients do not depend on the batch", arguments: models)
    func batching(name: String) throws {
        var model = try GoldenPretraining(directory: "\(goldenModels)/\(name)")
        let together = model.run()
        let gradient = model.store.gradients.all.array()
        var apart = model.run([2])
        for utterance in [0, 1] { apart += model.run([utterance], adding: true) }
        #expect(relativeNorm(model.store.gradients.all.array(), gradient) < Tolerance.batching)
        #expect(apart.maskedFrames == together.maskedFrames && apart.utterances == 3)
        #expect(apart.correct == together.correct && apart.codeUsage == together.codeUsage)
        let objective = model.network.objective
        #expect(abs(apart.loss(objective) / together.loss(objective) - 1) < Tolerance.batching)
        #expect(
            abs(apart.probabilityPerplexity(objective) / together.probabilityPerplexity(objective) - 1)
                < Tolerance.batching)
    }

    @Test("an utterance without two masked frames contributes nothing, but is counted", arguments: models)
    func tooShort(name: String) throws {
        var model = try GoldenPretraining(directory: "\(goldenModels)/\(name)")
        var expected = PretrainingSums(model.network.objective)
        expected.utterances = 1
        #expect(model.run([0]) == expected)
        #expect(model.store.gradients.all.array().allSatisfy { $0 == 0 })
        #expect(model.evaluate([0]) == expected)
        // One masked frame has no other to tell it from.
        var single = Augmentation()
        single.timeMaskProbability = 1e-9
        single.timeMaskLength = 1
        single.timeMaskMinimumSpans = 1
        #expect(model.run([2], augmentation: single) == expected)
        single.timeMaskMinimumSpans = 2
        #expect(model.run([2], augmentation: single).maskedFrames == 2)
    }

    @Test("statistics count masked frames, and evaluation draws no dropout and no code", arguments: models)
    func statistics(name: String) throws {
        var model = try GoldenPretraining(directory: "\(goldenModels)/\(name)") { $0.quantizerDropout = 0.5 }
        let (sums, objective) = (model.evaluate(), model.network.objective)
        #expect(sums.codeUsage.reduce(0, +) == 2 * sums.maskedFrames)
        #expect(abs(sums.codeProbabilities.reduce(0, +) / sums.maskedFrames - 2) < 1e-5)
        #expect(sums.correct > 0 && sums.correct <= sums.maskedFrames)
        #expect(sums.codePerplexity(objective) >= 2)
        #expect(sums.codePerplexity(objective) <= Double(sums.codeUsage.count))
        #expect(model.evaluate() == sums)
        #expect(model.evaluate(regularization: everyDropout) == sums)
        #expect(model.run().contrastive != sums.contrastive)
    }

    @Test("gradients are final from falling offsets on", arguments: models, [1, 0.5, 0] as [Float])
    func finality(name: String, scale: Float) throws {
        var model = try GoldenPretraining(directory: "\(goldenModels)/\(name)") {
            $0.featureGradientScale = scale
        }
        let whole = model.run()
        let final = model.store.gradients.all.array()
        let gradients = model.store.gradients.all
        var offsets: [Int] = []
        var matches = true
        _ = model.run {
            offsets.append($0)
            matches = matches && gradients.elements($0..<final.count).array() == Array(final[$0...])
        }
        #expect(matches)
        #expect(offsets == offsets.sorted(by: >) && Set(offsets).count == offsets.count)
        #expect(offsets.last == model.network.firstTrainableOffset)
        #expect(offsets[0] == model.network.layout["project_q.weight"]?.offset)
        // The offsets reach below the layers of the context network one by one.
        #expect(offsets.count > 5)
        let first = model.network.firstTrainableOffset
        #expect((first == 0) == (scale != 0))
        #expect(final[..<first].allSatisfy { $0 == 0 })
        #expect(whole.maskedFrames > 0)
    }

    @Test("the scale multiplies the feature encoder's gradient and no other", arguments: models)
    func featureGradientScale(name: String) throws {
        func gradients(_ scale: Float) throws -> (encoder: [Float], rest: [Float]) {
            var model = try GoldenPretraining(directory: "\(goldenModels)/\(name)") {
                $0.featureGradientScale = scale
                $0.featurePenaltyWeight = 10
            }
            _ = model.run()
            let first = try #require(model.network.layout["wav2vec2.feature_projection.layer_norm.weight"])
            let all = model.store.gradients.all.array()
            return (Array(all[..<first.offset]), Array(all[first.offset...]))
        }
        let (whole, quarter) = (try gradients(1), try gradients(0.25))
        #expect(whole.rest == quarter.rest)
        #expect(relativeNorm(quarter.encoder, whole.encoder.map { $0 / 4 }) < Tolerance.batching)
    }

    @Test("recomputed blocks give the same bits in backward, with dropout on", arguments: models)
    func recomputation(name: String) throws {
        func gradients(recomputing: Bool) throws -> [UInt32] {
            var model = try GoldenPretraining(directory: "\(goldenModels)/\(name)") {
                $0.quantizerDropout = 0.2
            }
            _ = model.run(regularization: everyDropout, recomputing: recomputing)
            return model.store.gradients.all.array().map(\.bitPattern)
        }
        let isSame = try gradients(recomputing: false) == gradients(recomputing: true)
        #expect(isSame)
    }

    @Test(
        "with every dropout on, gradients after the codes match finite differences", arguments: models)
    func dropoutGradients(name: String) throws {
        var model = try GoldenPretraining(directory: "\(goldenModels)/\(name)") { $0.quantizerDropout = 0.2 }
        let objective = model.network.objective
        _ = model.run(regularization: everyDropout)
        let gradients = FlatBuffer(count: model.network.layout.count)
        gradients.all.copy(from: model.store.gradients.all)
        // Codes are hard: of what moves them only the diversity loss has differences.
        let parts = ["project_hid.weight", "project_q.bias", "codevectors", "v_proj.weight", "dense.weight"]
        var compared = 0
        for slot in model.network.layout.slots where parts.contains(where: slot.name.hasSuffix) {
            let (gradient, values) = (gradients.all.elements(slot.range), model.store.values[slot.range])
            let comparison = compareGradient(gradient, of: values, step: 5e-3) {
                model.run(regularization: everyDropout).loss(objective)
            }
            #expect(comparison.relativeError(floor: 1) < Tolerance.differences, "\(slot.name): \(comparison)")
            compared += 1
        }
        #expect(compared > 8)
    }

    @Test(
        "parameter counts are the published ones",
        arguments: [(ModelPreset.base, 95_044_608), (.large, 317_380_864), (.xlsr53, 317_390_592)])
    func counts(preset: ModelPreset, parameters: Int) {
        let network = Wav2Vec2Pretraining(preset.configuration, objective: preset.objective)
        #expect(network.layout.parameterCount == parameters)
        // The context network is laid out as for fine-tuning: the same names in the same places.
        let slots = Wav2Vec2(preset.configuration).layout.slots.dropLast(2)
        #expect(network.layout.slots.prefix(slots.count).elementsEqual(slots))
        let objective = ["quantizer.", "project_hid.", "project_q."]
        for slot in network.layout.slots.dropFirst(slots.count) {
            #expect(objective.contains { slot.name.hasPrefix($0) }, "\(slot.name)")
        }
    }

    /// Every dropout there is.
    private var everyDropout: Regularization {
        var regularization = Regularization()
        regularization.featureDropout = 0.1
        regularization.hiddenDropout = 0.2
        regularization.attentionDropout = 0.1
        regularization.activationDropout = 0.3
        return regularization
    }
}

extension PretrainingSums {
    /// Adds the sums of more utterances.
    fileprivate static func += (sums: inout PretrainingSums, other: PretrainingSums) {
        sums.contrastive += other.contrastive
        sums.diversity += other.diversity
        sums.featurePenalty += other.featurePenalty
        sums.maskedFrames += other.maskedFrames
        sums.correct += other.correct
        sums.utterances += other.utterances
        for index in sums.codeUsage.indices { sums.codeUsage[index] += other.codeUsage[index] }
        for index in sums.codeProbabilities.indices {
            sums.codeProbabilities[index] += other.codeProbabilities[index]
        }
    }
}
