public import Kernels
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

    /// Computes the logits of one utterance; its waveform takes memory only until its features are computed.
    ///
    /// - Parameters:
    ///   - count: Samples.
    ///   - statistics: Statistics of the whole recording if the samples are a part of it; nil if they are all
    ///     of it.
    ///   - load: Fills (samples, 1).
    public func evaluate(
        samples count: Int, statistics: WaveformStatistics? = nil, parameters: ParameterViews,
        arena: inout Arena, load: (Tensor) throws -> Void
    ) rethrows -> Tensor {
        let packing = PackedRows(lengths: [configuration.frameCount(samples: count)])
        let pass = Pass(parameters: parameters, packing: packing, noise: nil)
        let frames = arena.tensor(rows: packing.totalRows, columns: configuration.hiddenSize)
        let mark = arena.mark
        let waveform = arena.tensor(rows: count, columns: 1)
        try load(waveform)
        backbone.embed(
            SpeechBatch([.waveform(waveform)]), statistics: statistics, pass: pass, arena: &arena,
            into: frames)
        arena.release(to: mark)
        backbone.encoder.infer(frames, pass: pass, arena: &arena)
        return logits(frames, pass: pass, arena: &arena)
    }

    /// Computes logits and keeps what `backward` needs for the parameters that are trained.
    ///
    /// - Parameter recomputing: Whether backward recomputes the blocks instead of keeping all activations:
    ///   the same bits, less memory.
    public func forward(
        _ batch: SpeechBatch, parameters: ParameterViews, noise: Noise?, augmentation: Augmentation,
        trainable: TrainableParameters, recomputing: Bool = false, arena: inout Arena
    ) -> Wav2Vec2Output {
        guard trainable != .headOnly else {
            let (frames, pass) = backbone.infer(
                batch, parameters: parameters, noise: noise, augmentation: augmentation, arena: &arena)
            return output(frames, pass: pass, encoded: nil, arena: &arena)
        }
        let encoded = backbone.forward(
            batch, parameters: parameters, noise: noise, augmentation: augmentation, trainable: trainable,
            recomputing: recomputing, arena: &arena)
        return output(encoded.frames, pass: encoded.pass, encoded: encoded, arena: &arena)
    }

    private func output(
        _ frames: Tensor, pass: Pass, encoded: Wav2Vec2Backbone.Encoded?, arena: inout Arena
    ) -> Wav2Vec2Output {
        if let dropout = pass.dropout(\.finalDropout, .headDropout) {
            dropoutForward(frames, dropout, into: frames)
        }
        return Wav2Vec2Output(
            logits: logits(frames, pass: pass, arena: &arena), packing: pass.packing, frames: frames,
            pass: pass, encoded: encoded)
    }

    /// The head always multiplies float32: it is cheap, and CTC depends on differences of its logits.
    private func logits(_ frames: Tensor, pass: Pass, arena: inout Arena) -> Tensor {
        let logits = arena.tensor(rows: frames.rows, columns: head.outputs)
        head.forward(Matrix(frames), pass: pass, arena: &arena, into: Matrix(logits))
        return logits
    }
}
