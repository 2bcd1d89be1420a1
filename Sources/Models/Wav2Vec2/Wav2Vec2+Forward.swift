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
        let encoded = backbone.forward(
            batch, parameters: parameters, noise: noise, augmentation: augmentation, trainable: trainable,
            recomputing: recomputing, arena: &arena)
        let pass = encoded.pass
        if let dropout = pass.dropout(\.finalDropout, .headDropout) {
            dropoutForward(encoded.frames, dropout, into: encoded.frames)
        }
        // The head multiplies float32 in any case: it costs nothing, and CTC reads differences of its logits.
        let logits = arena.tensor(rows: encoded.frames.rows, columns: head.outputs)
        head.forward(Matrix(encoded.frames), pass: pass, arena: &arena, into: Matrix(logits))
        return Wav2Vec2Output(logits: logits, packing: pass.packing, encoded: encoded)
    }
}
