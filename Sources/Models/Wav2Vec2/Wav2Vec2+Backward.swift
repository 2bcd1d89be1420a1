internal import Kernels
public import Tensors

extension Wav2Vec2 {
    /// Accumulates the gradients of all trained parameters.
    ///
    /// - Parameters:
    ///   - dLogits: (frames, vocabulary).
    ///   - output: What `forward` returned for the same batch; its arena must not have been reset.
    ///   - gradientsFinal: Called with falling offsets: from there to the end of the store, this pass adds
    ///     nothing more.
    public func backward(
        _ dLogits: Tensor, output: Wav2Vec2Output, arena: inout Arena,
        gradientsFinal: (Int) -> Void = { _ in }
    ) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let pass = output.pass
        let headInput = Matrix(output.headInput)
        guard output.trainable != .headOnly else {
            head.backward(Matrix(dLogits), input: headInput, pass: pass, into: nil)
            gradientsFinal(head.weight.offset)
            return
        }
        let dEncoded = arena.tensor(like: output.headInput)
        head.backward(Matrix(dLogits), input: headInput, pass: pass, into: Matrix(dEncoded))
        gradientsFinal(head.weight.offset)
        if let dropout = pass.dropout(\.finalDropout, .headDropout) {
            dropoutBackward(dEncoded, dropout, into: dEncoded)
        }
        let dHidden = arena.tensor(like: dEncoded)
        encoder.backward(
            dEncoded, saved: output.encoder, pass: pass, arena: &arena, gradientsFinal: gradientsFinal,
            into: dHidden)
        unmask(dHidden, output: output)
        gradientsFinal(maskEmbedding.offset)
        backwardFeatures(dHidden, output: output, arena: &arena)
        gradientsFinal(firstTrainableOffset(output.trainable))
    }

    private func unmask(_ dHidden: Tensor, output: Wav2Vec2Output) {
        guard output.pass.noise != nil else { return }
        maskChannels(dHidden, packing: output.packing, spans: output.channelSpans)
        maskFramesBackward(
            dHidden, masked: output.masked, dEmbedding: output.pass.parameters.gradient(maskEmbedding))
    }

    private func backwardFeatures(_ dHidden: Tensor, output: Wav2Vec2Output, arena: inout Arena) {
        let pass = output.pass
        guard output.trainable == .everything else {
            featureProjection.backward(
                dHidden, saved: output.projection, pass: pass, arena: &arena, into: nil)
            return
        }
        let normed = output.projection.normed
        let dFeatures = arena.tensor(rows: normed.rows, columns: normed.columns)
        featureProjection.backward(
            dHidden, saved: output.projection, pass: pass, arena: &arena, into: dFeatures)
        for (utterance, saved) in output.features.enumerated() {
            featureExtractor.backward(
                dFeatures.rows(output.packing[utterance]), saved: saved, parameters: pass.parameters,
                arena: &arena)
        }
    }
}
