internal import Kernels
internal import Tensors

/// A text model without a head: embeddings, then blocks that normalise after each residual sum.
protocol TokenEncoder: Sendable {
    associatedtype Attention: AttentionLayer
    /// What backward needs of the embeddings.
    associatedtype EmbeddingSaved

    /// The embedding of tokens, the first of the parameters.
    var tokens: ParameterSlot { get }
    var blocks: TransformerStack<Attention> { get }

    /// Each token's vector before the first block, and attention's further inputs.
    func embed(_ batch: TokenBatch, pass: Pass, arena: inout Arena) -> (
        hidden: Hidden, context: Attention.Context, saved: EmbeddingSaved
    )

    /// Accumulates the embeddings' gradients.
    ///
    /// - Parameters:
    ///   - dHidden: (tokens, hidden size): the gradient after dropout.
    ///   - spare: A tensor of the same size; overwritten.
    func embedBackward(
        _ dHidden: Tensor, saved: EmbeddingSaved, batch: TokenBatch, pass: Pass, spare: Tensor)
}

/// An encoder's output for a batch, with what backward needs.
struct EncodedTokens<Encoder: TokenEncoder> {
    /// (tokens, hidden size), packed.
    let frames: Tensor
    let batch: TokenBatch
    let pass: Pass
    let context: Encoder.Attention.Context
    let embedding: Encoder.EmbeddingSaved
    let blocks: TransformerStack<Encoder.Attention>.Saved
}

extension TokenEncoder {
    /// Encodes a batch and keeps nothing: (tokens, hidden size).
    func infer(_ batch: TokenBatch, pass: Pass, arena: inout Arena) -> Tensor {
        let (hidden, context, _) = embed(batch, pass: pass, arena: &arena)
        blocks.infer(hidden, context: context, pass: pass, arena: &arena)
        return hidden.tensor
    }

    /// Encodes a batch and keeps what is requested.
    func forward(
        _ batch: TokenBatch, pass: Pass, keeping: KeptActivations, arena: inout Arena
    ) -> EncodedTokens<Self> {
        let (hidden, context, saved) = embed(batch, pass: pass, arena: &arena)
        let (frames, blocksSaved) = blocks.forward(
            hidden, context: context, pass: pass, keeping: keeping, arena: &arena)
        return EncodedTokens(
            frames: frames, batch: batch, pass: pass, context: context, embedding: saved, blocks: blocksSaved)
    }

    /// Accumulates the gradients of all parameters, calling `gradientsFinal` with falling offsets.
    ///
    /// - Parameter dFrames: (tokens, hidden size); overwritten.
    func backward(
        _ dFrames: Tensor, encoded: EncodedTokens<Self>, arena: inout Arena, gradientsFinal: (Int) -> Void
    ) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let pass = encoded.pass
        var dHidden = dFrames
        var spare = arena.tensor(like: dFrames)
        blocks.backward(
            &dHidden, spare: &spare, saved: encoded.blocks, context: encoded.context, pass: pass,
            arena: &arena, gradientsFinal: gradientsFinal)
        if let dropout = embeddingDropout(pass) { dropoutBackward(dHidden, dropout, into: dHidden) }
        embedBackward(dHidden, saved: encoded.embedding, batch: encoded.batch, pass: pass, spare: spare)
        gradientsFinal(tokens.offset)
    }

    /// The dropout before the first block, with the number of the layer after the last.
    func embeddingDropout(_ pass: Pass) -> Dropout? {
        pass.dropout(\.hiddenDropout, .hiddenDropout, layer: blocks.count)
    }
}
