internal import Kernels
public import Tensors

extension Wav2Vec2 {
    /// Computes logits for evaluation: no randomness, nothing kept.
    public func evaluate(
        _ batch: SpeechBatch, parameters: ParameterViews, arena: inout Arena
    ) -> (logits: Tensor, packing: PackedRows) {
        let output = forward(
            batch, parameters: parameters, noise: nil, augmentation: Augmentation(), trainable: .headOnly,
            arena: &arena)
        return (output.logits, output.packing)
    }

    /// Computes logits and keeps what `backward` needs for the parameters that are trained.
    ///
    /// - Parameter recomputing: Whether backward computes the blocks once more instead of having all of them
    ///   kept: the same bits, from less memory.
    public func forward(
        _ batch: SpeechBatch, parameters: ParameterViews, noise: Noise?, augmentation: Augmentation,
        trainable: TrainableParameters, recomputing: Bool = false, arena: inout Arena
    ) -> Wav2Vec2Output {
        let packing = framePacking(batch)
        let pass = Pass(parameters: parameters, packing: packing, noise: noise)
        let features = arena.tensor(rows: packing.totalRows, columns: featureChannels)
        let featuresSaved = extractFeatures(
            batch, pass: pass, keeping: trainable == .everything, arena: &arena, into: features)
        let hidden = arena.tensor(rows: packing.totalRows, columns: configuration.hiddenSize)
        let projectionSaved = featureProjection.forward(features, pass: pass, arena: &arena, into: hidden)
        let (masked, channelSpans) = mask(hidden, augmentation: augmentation, pass: pass)
        let (encoded, encoderSaved) = encoder.forward(
            hidden, pass: pass,
            keeping: trainable == .headOnly ? .none : (recomputing ? .blockInputs : .all), arena: &arena)
        if let dropout = pass.dropout(\.finalDropout, .headDropout) {
            dropoutForward(encoded, dropout, into: encoded)
        }
        // The head multiplies float32 in any case: it costs nothing, and CTC reads differences of its logits.
        let logits = arena.tensor(rows: packing.totalRows, columns: head.outputs)
        head.forward(Matrix(encoded), pass: pass, into: Matrix(logits))
        return Wav2Vec2Output(
            logits: logits, packing: packing, pass: pass, trainable: trainable, features: featuresSaved,
            projection: projectionSaved, masked: masked, channelSpans: channelSpans, encoder: encoderSaved,
            headInput: encoded)
    }

    private func extractFeatures(
        _ batch: SpeechBatch, pass: Pass, keeping: Bool, arena: inout Arena, into features: Tensor
    ) -> [FeatureExtractor.Saved] {
        var saved: [FeatureExtractor.Saved] = []
        for (utterance, source) in batch.sources.enumerated() {
            let output = features.rows(pass.packing[utterance])
            switch source {
            case .waveform(let samples) where keeping:
                saved.append(
                    featureExtractor.forwardSaving(
                        samples, parameters: pass.parameters, arena: &arena, into: output))
            case .waveform(let samples):
                featureExtractor.forward(
                    samples, parameters: pass.parameters, arena: &arena, into: output)
            case .features(let kept):
                precondition(!keeping, "a feature encoder that is trained needs the waveform")
                output.copy(from: kept)
            }
        }
        return saved
    }

    /// Replaces masked frames and zeroes masked channels, in place; only in training.
    private func mask(
        _ hidden: Tensor, augmentation: Augmentation, pass: Pass
    ) -> (frames: [Bool], channels: [[Range<Int>]]) {
        guard let noise = pass.noise else { return ([], []) }
        var masked: [Bool] = []
        var channelSpans: [[Range<Int>]] = []
        for (utterance, identity) in noise.identities.enumerated() {
            masked += augmentation.timeMask(
                frames: pass.packing.length(utterance), seed: noise.seed, step: noise.step,
                identity: identity)
            channelSpans.append(
                augmentation.channelSpans(
                    channels: hidden.columns, seed: noise.seed, step: noise.step, identity: identity))
        }
        maskFrames(hidden, masked: masked, embedding: pass.parameters.value(maskEmbedding))
        maskChannels(hidden, packing: pass.packing, spans: channelSpans)
        return (masked, channelSpans)
    }
}
