internal import Kernels
public import Tensors

extension Wav2Vec2Pretraining {
    /// Computes the losses of a batch and accumulates the gradient of `PretrainingSums.loss`.
    ///
    /// - Parameters:
    ///   - noise: The source of masks, distractors, codes and dropout.
    ///   - gumbelTemperature: The temperature of the quantiser's softmax, above 0.
    ///   - recomputing: Whether backward recomputes the blocks instead of keeping all activations: the same
    ///     bits, less memory.
    ///   - gradientsFinal: Called with falling offsets: from there to the end of the store, this pass adds
    ///     nothing more.
    public func accumulateGradients(
        _ batch: SpeechBatch, parameters: ParameterViews, noise: Noise, augmentation: Augmentation,
        gumbelTemperature: Double, recomputing: Bool = false, arena: inout Arena,
        gradientsFinal: (Int) -> Void = { _ in }
    ) -> PretrainingSums {
        let encoded = backbone.forward(
            batch, parameters: parameters, noise: noise, augmentation: augmentation, trainable: trainable,
            recomputing: recomputing, arena: &arena)
        return accumulateGradients(
            encoded, MaskedFrames(encoded.masked, packing: encoded.pass.packing), noise: noise,
            gumbelTemperature: gumbelTemperature, arena: &arena, gradientsFinal: gradientsFinal)
    }

    /// The same from the backbone's output for the batch, for the masked frames.
    func accumulateGradients(
        _ encoded: Wav2Vec2Backbone.Encoded, _ masked: MaskedFrames, noise: Noise, gumbelTemperature: Double,
        arena: inout Arena, gradientsFinal: (Int) -> Void = { _ in }
    ) -> PretrainingSums {
        let gumbel = arena.tensor(rows: masked.frames.count, columns: quantizer.logitCount)
        masked.drawGumbel(noise, into: gumbel)
        let sample = GumbelSample(gumbel, temperature: Float(gumbelTemperature))
        let dropout = quantizerDropout(masked, noise: noise)
        let prediction = predict(encoded, masked, sample: sample, dropout: dropout, arena: &arena)
        let gradient = PredictionGradient(prediction, arena: &arena)
        let contrast = contrast(prediction, noise: noise, arena: &arena, into: gradient)
        let diversity = backward(
            gradient, prediction: prediction, sample: sample, dropout: dropout, pass: encoded.pass,
            arena: &arena,
            gradientsFinal: gradientsFinal)
        let dFrames = arena.zeros(rows: encoded.frames.rows, columns: encoded.frames.columns)
        addRows(gradient.dContext, to: masked.frames, of: dFrames)
        backbone.backward(
            dFrames, encoded: encoded,
            features: Wav2Vec2Backbone.FeatureGradients(
                normed: (frames: masked.frames, gradient: gradient.dFeatures),
                decay: penaltyFactors(encoded, masked), scale: objective.featureGradientScale),
            arena: &arena, gradientsFinal: gradientsFinal)
        return sums(encoded, prediction, contrast: contrast, diversity: diversity)
    }

    /// Computes the losses of a batch without gradients: masks and distractors are random, but there is no
    /// dropout, and each frame's target is its most probable code.
    public func evaluate(
        _ batch: SpeechBatch, parameters: ParameterViews, noise: Noise, augmentation: Augmentation,
        arena: inout Arena
    ) -> PretrainingSums {
        let noise = Noise(
            seed: noise.seed, step: noise.step, identities: noise.identities, regularization: Regularization()
        )
        let encoded = backbone.forward(
            batch, parameters: parameters, noise: noise, augmentation: augmentation, trainable: .headOnly,
            recomputing: false, arena: &arena)
        return evaluate(
            encoded, MaskedFrames(encoded.masked, packing: encoded.pass.packing), noise: noise, arena: &arena)
    }

    /// The same from the backbone's output for the batch, for the masked frames.
    func evaluate(
        _ encoded: Wav2Vec2Backbone.Encoded, _ masked: MaskedFrames, noise: Noise, arena: inout Arena
    ) -> PretrainingSums {
        let prediction = predict(encoded, masked, sample: nil, dropout: nil, arena: &arena)
        let contrast = contrast(prediction, noise: noise, arena: &arena, into: nil)
        let diversity = codebookDiversity(
            logits: prediction.quantizer.logits, packing: masked.packing, groups: objective.codebookGroups,
            weight: 0, arena: &arena, addingTo: nil)
        return sums(encoded, prediction, contrast: contrast, diversity: diversity)
    }

    private func quantizerDropout(_ masked: MaskedFrames, noise: Noise) -> Dropout? {
        guard objective.quantizerDropout > 0 else { return nil }
        return Dropout(
            rate: objective.quantizerDropout, packing: masked.packing,
            keys: noise.keys(.quantizerDropout, layer: 0))
    }

    private func sums(
        _ encoded: Wav2Vec2Backbone.Encoded, _ prediction: Prediction, contrast: ContrastiveAnswer,
        diversity: CodebookDiversity
    ) -> PretrainingSums {
        var sums = PretrainingSums(objective)
        let packing = prediction.masked.packing
        sums.utterances = Double(packing.count)
        sums.maskedFrames = Double(packing.totalRows)
        sums.correct = Double(contrast.correct)
        for utterance in 0..<packing.count where packing.length(utterance) > 0 {
            let frames = Double(packing.length(utterance))
            let features = encoded.features.rows(encoded.pass.packing[utterance])
            sums.contrastive += contrast.losses[utterance]
            sums.diversity += frames * diversity.losses[utterance]
            sums.featurePenalty += frames * sumOfSquares(features) / Double(features.count)
        }
        let (groups, entries) = (objective.codebookGroups, objective.codebookEntries)
        for (block, entry) in largestEntries(prediction.quantizer.logits, groups: groups).enumerated() {
            sums.codeUsage[block % groups * entries + entry] += 1
        }
        sums.codeProbabilities = diversity.probabilities
        return sums
    }

    /// For each utterance, the factor of its features in the gradient of the penalty, weight · frames · mean
    /// square.
    private func penaltyFactors(_ encoded: Wav2Vec2Backbone.Encoded, _ masked: MaskedFrames) -> [Float] {
        guard objective.featurePenaltyWeight > 0 else { return [] }
        return (0..<masked.packing.count).map { utterance in
            let elements = max(1, encoded.pass.packing.length(utterance) * encoded.features.columns)
            return 2 * objective.featurePenaltyWeight * Float(masked.packing.length(utterance))
                / Float(elements)
        }
    }
}
