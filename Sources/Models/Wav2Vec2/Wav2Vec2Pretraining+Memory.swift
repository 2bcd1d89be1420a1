internal import Tensors

extension Wav2Vec2Pretraining {
    /// The arena bytes of a pass: the batch itself, forward, losses and backward.
    ///
    /// Exact if no layer is dropped, for the pass's number of masked frames.
    public func arenaBytes(_ pass: PlannedPass) -> Int {
        var arena = Arena.counting()
        var pass = pass
        pass.trainable = trainable
        let encoded = encode(pass, arena: &arena)
        _ = accumulateGradients(
            encoded, plannedFrames(pass, encoded), noise: pass.noise, gumbelTemperature: 1, arena: &arena)
        return arena.peakBytes
    }

    /// The arena bytes of a batch's losses without gradients, in float32.
    public func evaluationArenaBytes(_ pass: PlannedPass) -> Int {
        var arena = Arena.counting()
        var pass = pass
        (pass.trainable, pass.precision, pass.regularization) = (.headOnly, .float32, Regularization())
        let encoded = encode(pass, arena: &arena)
        _ = evaluate(encoded, plannedFrames(pass, encoded), noise: pass.noise, arena: &arena)
        return arena.peakBytes
    }

    private func encode(_ pass: PlannedPass, arena: inout Arena) -> Wav2Vec2Backbone.Encoded {
        backbone.forward(
            pass.batch(configuration, arena: &arena), parameters: pass.parameters(layout), noise: pass.noise,
            augmentation: Augmentation(), trainable: pass.trainable, recomputing: pass.recomputing,
            arena: &arena)
    }

    /// The pass's number of masked frames: the first ones of each utterance.
    private func plannedFrames(_ pass: PlannedPass, _ encoded: Wav2Vec2Backbone.Encoded) -> MaskedFrames {
        let packing = encoded.pass.packing
        let flags = pass.utterances.enumerated().flatMap { index, utterance in
            (0..<packing.length(index)).map { $0 < utterance.masked }
        }
        return MaskedFrames(flags, packing: packing)
    }
}
