internal import Kernels
internal import Tensors

extension Wav2Vec2Backbone {
    /// Gradients of the features besides those through the context network.
    struct FeatureGradients {
        /// The gradient of some normalised frames: that of the quantiser's input.
        var normed: (frames: [Int], gradient: Tensor)?
        /// Per utterance, the multiple of the features to add to their gradient, from a penalty on their
        /// squares.
        var decay: [Float] = []
        /// The factor of the gradient that enters the feature encoder.
        var scale: Float = 1
    }

    /// The first trained element of the flat store, if more than a head is.
    func firstTrainableOffset(_ trainable: TrainableParameters) -> Int {
        trainable == .everything ? 0 : featureProjection.firstOffset
    }

    /// Accumulates the gradients of the trained parameters, calling `gradientsFinal` with falling offsets.
    ///
    /// - Parameter dFrames: (frames, hidden size); overwritten.
    func backward(
        _ dFrames: Tensor, encoded: Encoded, features: FeatureGradients = FeatureGradients(),
        arena: inout Arena, gradientsFinal: (Int) -> Void
    ) {
        guard let saved = encoded.encoder else {
            preconditionFailure("backward needs a pass that kept its activations")
        }
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let dHidden = arena.tensor(like: dFrames)
        encoder.backward(
            dFrames, saved: saved, pass: encoded.pass, arena: &arena,
            gradientsFinal: gradientsFinal, into: dHidden)
        unmask(dHidden, encoded: encoded)
        gradientsFinal(maskEmbedding.offset)
        backwardFeatures(dHidden, encoded: encoded, features: features, arena: &arena)
        gradientsFinal(firstTrainableOffset(encoded.trainable))
    }

    private func unmask(_ dHidden: Tensor, encoded: Encoded) {
        guard encoded.pass.noise != nil else { return }
        maskChannels(dHidden, packing: encoded.pass.packing, spans: encoded.channelSpans)
        maskFramesBackward(
            dHidden, masked: encoded.masked, dEmbedding: encoded.pass.parameters.gradient(maskEmbedding))
    }

    private func backwardFeatures(
        _ dHidden: Tensor, encoded: Encoded, features: FeatureGradients, arena: inout Arena
    ) {
        let (pass, packing) = (encoded.pass, encoded.pass.packing)
        let isTrained = encoded.trainable == .everything
        let dFeatures = isTrained ? arena.tensor(like: encoded.features) : nil
        featureProjection.backward(
            dHidden, saved: encoded.projection, pass: pass, adding: features.normed, arena: &arena,
            into: dFeatures)
        guard let dFeatures else { return }
        for (utterance, factor) in features.decay.enumerated() where factor != 0 {
            let rows = packing[utterance]
            add(encoded.features.rows(rows), times: factor, into: dFeatures.rows(rows))
        }
        if features.scale != 1 { scale(dFeatures, by: features.scale) }
        for (utterance, saved) in encoded.extractor.enumerated() {
            featureExtractor.backward(
                dFeatures.rows(packing[utterance]), saved: saved, parameters: pass.parameters, arena: &arena)
        }
    }
}
