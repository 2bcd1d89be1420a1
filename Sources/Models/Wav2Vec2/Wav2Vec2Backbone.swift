internal import Kernels
internal import Tensors

/// wav2vec 2.0 without a head, shared by fine-tuning and pre-training: waveform to one context frame every 20
/// ms (Baevski et al., 2020, section 2).
struct Wav2Vec2Backbone: Sendable {
    let configuration: Wav2Vec2Configuration
    let featureExtractor: FeatureExtractor
    let featureProjection: FeatureProjection
    let maskEmbedding: ParameterSlot
    let encoder: ContextEncoder

    /// Registers the parameters under the configuration's model type.
    init(_ configuration: Wav2Vec2Configuration, in layout: inout ParameterLayout) {
        precondition(configuration.faults().isEmpty, configuration.faults().joined(separator: "; "))
        self.configuration = configuration
        let name = configuration.family.rawValue
        featureExtractor = FeatureExtractor("\(name).feature_extractor", configuration, in: &layout)
        featureProjection = FeatureProjection("\(name).feature_projection", configuration, in: &layout)
        maskEmbedding = layout.add(
            "\(name).masked_spec_embed", [configuration.hiddenSize], initializer: .uniform(0...1))
        encoder = ContextEncoder("\(name).encoder", configuration, in: &layout)
    }

    /// The channels of the feature encoder's output.
    var featureChannels: Int {
        configuration.convolutionChannels[configuration.convolutionChannels.count - 1]
    }

    /// The rows of each utterance's frames in a batch.
    func framePacking(_ batch: SpeechBatch) -> PackedRows {
        PackedRows(
            lengths: batch.sources.map { source in
                switch source {
                case .waveform(let samples): configuration.frameCount(samples: samples.rows)
                case .features(let features): features.rows
                }
            })
    }

    /// The backbone's output for a batch, with what backward needs if kept.
    struct Encoded {
        /// (frames, hidden size), packed.
        let frames: Tensor
        /// (frames, channels): the feature encoder's output.
        let features: Tensor
        let pass: Pass
        let trainable: TrainableParameters
        let extractor: [FeatureExtractor.Saved]
        let projection: FeatureProjection.Saved
        /// One flag per frame; empty in evaluation.
        let masked: [Bool]
        let channelSpans: [[Range<Int>]]
        /// Nil if nothing was kept.
        let encoder: ContextEncoder.Saved?
    }

    /// Writes the hidden frames of a batch, (frames, hidden size), keeping no features.
    ///
    /// - Parameter statistics: Statistics of the recording of which the batch's only waveform is a part.
    func embed(
        _ batch: SpeechBatch, statistics: WaveformStatistics? = nil, pass: Pass, arena: inout Arena,
        into hidden: Tensor
    ) {
        func project(_ features: Tensor, from first: Int, _ arena: inout Arena) {
            let mark = arena.mark
            defer { arena.release(to: mark) }
            let rows = first..<first + features.rows
            _ = featureProjection.forward(
                features, pass: pass.rows(rows), arena: &arena, into: hidden.rows(rows))
        }
        for (utterance, source) in batch.sources.enumerated() {
            let first = pass.packing[utterance].lowerBound
            switch source {
            case .waveform(let samples):
                featureExtractor.forEachBlock(
                    samples, statistics: statistics, parameters: pass.parameters, arena: &arena
                ) {
                    project($1, from: first + $0.lowerBound, &$2)
                }
            case .features(let kept):
                for rows in PackedRows(lengths: [kept.rows]).blocks {
                    project(kept.rows(rows), from: first + rows.lowerBound, &arena)
                }
            }
        }
    }

    /// Encodes a batch and keeps nothing: its memory grows with the frames only by their keys and values.
    func infer(
        _ batch: SpeechBatch, parameters: ParameterViews, noise: Noise?, augmentation: Augmentation,
        arena: inout Arena
    ) -> (frames: Tensor, pass: Pass) {
        let pass = Pass(parameters: parameters, packing: framePacking(batch), noise: noise)
        let hidden = arena.tensor(rows: pass.packing.totalRows, columns: configuration.hiddenSize)
        embed(batch, pass: pass, arena: &arena, into: hidden)
        _ = mask(hidden, augmentation: augmentation, pass: pass)
        encoder.infer(hidden, pass: pass, arena: &arena)
        return (hidden, pass)
    }

    /// Encodes a batch and keeps what `backward` needs for the parameters that are trained.
    func forward(
        _ batch: SpeechBatch, parameters: ParameterViews, noise: Noise?, augmentation: Augmentation,
        trainable: TrainableParameters, recomputing: Bool, arena: inout Arena
    ) -> Encoded {
        let packing = framePacking(batch)
        let pass = Pass(parameters: parameters, packing: packing, noise: noise)
        let (features, extractorSaved) = features(
            of: batch, pass: pass, keeping: trainable == .everything, arena: &arena)
        let hidden = arena.tensor(rows: packing.totalRows, columns: configuration.hiddenSize)
        let projectionSaved = featureProjection.forward(features, pass: pass, arena: &arena, into: hidden)
        let (masked, channelSpans) = mask(hidden, augmentation: augmentation, pass: pass)
        var (frames, encoderSaved) = (hidden, ContextEncoder.Saved?.none)
        if trainable == .headOnly {
            encoder.infer(hidden, pass: pass, arena: &arena)
        } else {
            (frames, encoderSaved) = encoder.forward(
                hidden, pass: pass, keeping: recomputing ? .blockInputs : .all, arena: &arena)
        }
        return Encoded(
            frames: frames, features: features, pass: pass, trainable: trainable, extractor: extractorSaved,
            projection: projectionSaved, masked: masked, channelSpans: channelSpans, encoder: encoderSaved)
    }

    /// The packed features of a batch: those that were kept, or what is made of its waveforms.
    private func features(
        of batch: SpeechBatch, pass: Pass, keeping: Bool, arena: inout Arena
    ) -> (Tensor, [FeatureExtractor.Saved]) {
        if let kept = batch.packedFeatures {
            precondition(!keeping, "a feature encoder that is trained needs the waveform")
            return (kept, [])
        }
        let features = arena.tensor(rows: pass.packing.totalRows, columns: featureChannels)
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
                precondition(!keeping, "training the feature encoder needs the waveform")
                output.copy(from: kept)
            }
        }
        return (features, saved)
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
