internal import Kernels
internal import Tensors

/// XLNet without a head, as it is fine-tuned: tokens to one context vector each, without memory of earlier texts
/// (Yang et al., 2019).
struct XLNetEncoder: Sendable {
    let tokens: ParameterSlot
    /// What stands for a token that is to be predicted; kept, since checkpoints have it.
    let maskEmbedding: ParameterSlot
    private let blocks: TransformerStack<RelativeAttention>
    private let hiddenSize: Int

    /// What the encoder made of a batch, with what backward needs, if it was kept.
    struct Encoded {
        /// (tokens, hidden size), packed.
        let frames: Tensor
        let batch: TokenBatch
        let pass: Pass
        let context: RelativeAttention.Context
        let blocks: TransformerStack<RelativeAttention>.Saved
    }

    /// Registers the parameters below `transformer.`.
    init(
        _ configuration: XLNetConfiguration, extras: PrunableExtras, in layout: inout ParameterLayout
    ) {
        let faults = configuration.faults()
        precondition(faults.isEmpty, faults.joined(separator: "; "))
        let size = configuration.hiddenSize
        let extents = BlockExtents(
            hiddenSize: size, headCount: configuration.headCount,
            intermediateSize: configuration.intermediateSize, epsilon: configuration.layerNormEpsilon,
            initializer: .normal(deviation: Double(configuration.initializerRange)))
        tokens = layout.add(
            "transformer.word_embedding.weight", [configuration.vocabularySize, size],
            role: extras.role(.embeddings), initializer: extents.initializer)
        maskEmbedding = layout.add(
            "transformer.mask_emb", [1, 1, size], initializer: extents.initializer,
            decays: false)
        blocks = TransformerStack(
            configuration.layerCount, extents, order: .post,
            names: { .xlnet("transformer.layer.\($0)") }, in: &layout
        ) { layer, layout in
            RelativeAttention(
                "transformer.layer.\(layer)", extents, extras: extras, layer: layer, in: &layout)
        }
        hiddenSize = size
    }

    /// The number of blocks.
    var layerCount: Int { blocks.count }

    /// Encodes a batch and keeps nothing: (tokens, hidden size).
    func infer(_ batch: TokenBatch, pass: Pass, arena: inout Arena) -> Tensor {
        let (hidden, context) = embed(batch, pass: pass, arena: &arena)
        blocks.infer(hidden, context: context, pass: pass, arena: &arena)
        return hidden.tensor
    }

    /// Encodes a batch and keeps what is asked for.
    func forward(_ batch: TokenBatch, pass: Pass, keeping: KeptActivations, arena: inout Arena) -> Encoded {
        let (hidden, context) = embed(batch, pass: pass, arena: &arena)
        let (frames, blocksSaved) = blocks.forward(
            hidden, context: context, pass: pass, keeping: keeping, arena: &arena)
        return Encoded(frames: frames, batch: batch, pass: pass, context: context, blocks: blocksSaved)
    }

    /// Each token's embedding, and what attention reads beside it.
    private func embed(
        _ batch: TokenBatch, pass: Pass, arena: inout Arena
    ) -> (hidden: Hidden, context: RelativeAttention.Context) {
        let context = RelativeAttention.Context(
            encodings: encodings(longest: batch.packing.longest, pass: pass, arena: &arena),
            segments: batch.segments.map { Int32(truncatingIfNeeded: $0) })
        let embedded = Hidden(
            rows: batch.tokens.count, columns: hiddenSize, pass: pass, arena: &arena)
        gatherRows(Matrix(pass.parameters.value(tokens)), batch.tokens, into: embedded.tensor)
        embedded.updateProduct()
        embedded.drop(embeddingDropout(pass))
        return (embedded, context)
    }

    /// Accumulates the gradients of all parameters, calling `gradientsFinal` with falling offsets.
    ///
    /// - Parameter dFrames: (tokens, hidden size); overwritten.
    func backward(
        _ dFrames: Tensor, encoded: Encoded, arena: inout Arena, gradientsFinal: (Int) -> Void
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
        addRows(dHidden, to: encoded.batch.tokens, of: pass.parameters.gradient(tokens))
        gradientsFinal(tokens.offset)
    }

    /// The encodings of all relative positions of a pass, behind dropout.
    ///
    /// One mask serves all examples of an update: positions are projected once, not once an example, and no example
    /// sees which others are in its batch.
    private func encodings(longest: Int, pass: Pass, arena: inout Arena) -> Matrix {
        let encodings = arena.tensor(rows: 2 * longest - 1, columns: hiddenSize)
        var dropout: (key: UInt64, rate: Float)?
        if let noise = pass.noise, noise.regularization.hiddenDropout > 0 {
            dropout = (
                CountedRandom(seed: noise.seed, stream: .positionDropout, step: noise.step).key,
                noise.regularization.hiddenDropout
            )
        }
        relativeEncodings(dropout: dropout, into: encodings)
        return pass.product(encodings, arena: &arena)
    }

    private func embeddingDropout(_ pass: Pass) -> Dropout? {
        pass.dropout(\.hiddenDropout, .hiddenDropout, layer: blocks.count)
    }
}

extension BlockNames {
    /// The names of XLNet's blocks, below `name`; attention has its own.
    fileprivate static func xlnet(_ name: String) -> BlockNames {
        BlockNames(
            layerNorm: "\(name).rel_attn.layer_norm", intermediate: "\(name).ff.layer_1",
            output: "\(name).ff.layer_2", finalLayerNorm: "\(name).ff.layer_norm")
    }
}
