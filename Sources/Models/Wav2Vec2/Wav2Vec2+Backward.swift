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
        let headInput = Matrix(output.frames)
        guard let encoded = output.encoded else {
            head.backward(Matrix(dLogits), input: headInput, pass: output.pass, arena: &arena, into: nil)
            gradientsFinal(head.weight.offset)
            return
        }
        let dFrames = arena.tensor(like: output.frames)
        head.backward(
            Matrix(dLogits), input: headInput, pass: output.pass, arena: &arena, into: Matrix(dFrames))
        gradientsFinal(head.weight.offset)
        if let dropout = output.pass.dropout(\.finalDropout, .headDropout) {
            dropoutBackward(dFrames, dropout, into: dFrames)
        }
        backbone.backward(dFrames, encoded: encoded, arena: &arena, gradientsFinal: gradientsFinal)
    }
}
