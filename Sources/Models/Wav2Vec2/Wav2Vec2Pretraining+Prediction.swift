internal import Kernels
internal import Tensors

extension Wav2Vec2Pretraining {
    /// The tensors compared by the contrastive loss, with what backward needs.
    struct Prediction {
        let masked: MaskedFrames
        /// (masked frames, hidden size): the context network's output.
        let context: Tensor
        /// (masked frames, projection size): of the context.
        let predictions: Tensor
        let quantizer: VectorQuantizer.Saved
        /// (masked frames, codevector size).
        let quantized: Tensor
        /// (masked frames, projection size): of the codevectors.
        let targets: Tensor
    }

    /// The gradients of a prediction: backward computes those that `contrast` has not.
    struct PredictionGradient {
        let dPredictions: Tensor
        let dTargets: Tensor
        let dContext: Tensor
        /// Of the quantised features.
        let dFeatures: Tensor

        init(_ prediction: Prediction, arena: inout Arena) {
            dPredictions = arena.tensor(like: prediction.predictions)
            dTargets = arena.tensor(like: prediction.targets)
            dContext = arena.tensor(like: prediction.context)
            dFeatures = arena.tensor(like: prediction.quantizer.input)
        }
    }

    /// Predicts the masked frames and quantises their features.
    ///
    /// All products are always float32, as in fine-tuning's head: the loss depends on small differences of
    /// cosines, and a code is the largest of many logits.
    func predict(
        _ encoded: Wav2Vec2Backbone.Encoded, _ masked: MaskedFrames, sample: GumbelSample?, dropout: Dropout?,
        arena: inout Arena
    ) -> Prediction {
        let (pass, count) = (encoded.pass, masked.frames.count)
        let features = arena.tensor(rows: count, columns: encoded.features.columns)
        gatherRows(encoded.projection.normed, masked.frames, into: features)
        if let dropout { dropoutForward(features, dropout, into: features) }
        let quantized = arena.tensor(rows: count, columns: objective.codevectorSize)
        let quantizerSaved = quantizer.forward(
            features, sample: sample, pass: pass, arena: &arena, into: quantized)
        let prediction = Prediction(
            masked: masked, context: arena.tensor(rows: count, columns: encoded.frames.columns),
            predictions: arena.tensor(rows: count, columns: objective.projectionSize),
            quantizer: quantizerSaved, quantized: quantized,
            targets: arena.tensor(rows: count, columns: objective.projectionSize))
        gatherRows(Matrix(encoded.frames), masked.frames, into: prediction.context)
        contextProjection.forward(
            Matrix(prediction.context), pass: pass, arena: &arena,
            into: Matrix(prediction.predictions))
        targetProjection.forward(
            Matrix(quantized), pass: pass, arena: &arena, into: Matrix(prediction.targets))
        return prediction
    }

    /// The contrastive loss of a prediction, and its gradient if requested.
    func contrast(
        _ prediction: Prediction, noise: Noise, arena: inout Arena, into gradient: PredictionGradient?
    ) -> ContrastiveAnswer {
        contrastiveLoss(
            predictions: prediction.predictions, targets: prediction.targets,
            packing: prediction.masked.packing,
            negatives: prediction.masked.negatives(objective.negatives, noise: noise),
            codes: prediction.quantizer.codes, temperature: objective.contrastiveTemperature, arena: &arena,
            gradients: gradient.map { ($0.dPredictions, $0.dTargets) })
    }

    /// Accumulates the gradients of the objective's parameters, including the diversity loss's, and writes
    /// those of context and features.
    func backward(
        _ gradient: PredictionGradient, prediction: Prediction, sample: GumbelSample, dropout: Dropout?,
        pass: Pass, arena: inout Arena, gradientsFinal: (Int) -> Void
    ) -> CodebookDiversity {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let dQuantized = arena.tensor(like: prediction.quantized)
        targetProjection.backward(
            Matrix(gradient.dTargets), input: Matrix(prediction.quantized), pass: pass, arena: &arena,
            into: Matrix(dQuantized))
        gradientsFinal(targetProjection.weight.offset)
        contextProjection.backward(
            Matrix(gradient.dPredictions), input: Matrix(prediction.context), pass: pass, arena: &arena,
            into: Matrix(gradient.dContext))
        gradientsFinal(contextProjection.weight.offset)
        let dLogits = arena.tensor(like: prediction.quantizer.logits)
        quantizer.backward(
            dQuantized, sample: sample, saved: prediction.quantizer, pass: pass, into: dLogits)
        let diversity = codebookDiversity(
            logits: prediction.quantizer.logits, packing: prediction.masked.packing,
            groups: objective.codebookGroups, weight: objective.diversityWeight, arena: &arena,
            addingTo: dLogits)
        quantizer.backward(
            dLogits, saved: prediction.quantizer, pass: pass, arena: &arena, into: gradient.dFeatures)
        if let dropout { dropoutBackward(gradient.dFeatures, dropout, into: gradient.dFeatures) }
        gradientsFinal(quantizer.firstOffset)
        return diversity
    }
}
