internal import Kernels
internal import Tensors

/// XLNet without a head, as in fine-tuning: tokens to context vectors, without memory of earlier texts (Yang
/// et al., 2019).
struct XLNetEncoder: TokenEncoder {
    let tokens: ParameterSlot
    /// The embedding of tokens to predict; kept because checkpoints have it.
    let maskEmbedding: ParameterSlot
    let blocks: TransformerStack<RelativeAttention>
    private let hiddenSize: Int

    /// Registers the parameters under `transformer.`.
    init(
        _ configuration: XLNetConfiguration, extras: PrunableExtras, in layout: inout ParameterLayout
    ) {
        let faults = configuration.faults()
        precondition(faults.isEmpty, faults.joined(separator: "; "))
        let size = configuration.hiddenSize
        let extents = configuration.shape.block
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

    /// Each token's embedding, and attention's further inputs.
    func embed(_ batch: TokenBatch, pass: Pass, arena: inout Arena) -> (
        hidden: Hidden, context: RelativeAttention.Context, saved: Void
    ) {
        let context = RelativeAttention.Context(
            encodings: encodings(longest: batch.packing.longest, pass: pass, arena: &arena),
            segments: batch.segments.map { Int32(truncatingIfNeeded: $0) })
        let embedded = Hidden(
            rows: batch.tokens.count, columns: hiddenSize, pass: pass, arena: &arena)
        gatherRows(Matrix(pass.parameters.value(tokens)), batch.tokens, into: embedded.tensor)
        embedded.updateProduct()
        embedded.drop(embeddingDropout(pass))
        return (embedded, context, ())
    }

    func embedBackward(_ dHidden: Tensor, saved: Void, batch: TokenBatch, pass: Pass, spare: Tensor) {
        addRows(dHidden, to: batch.tokens, of: pass.parameters.gradient(tokens))
    }

    /// The encodings of all relative positions of a pass, after dropout.
    ///
    /// All examples of an update share one mask: positions are projected once, not per example, and no
    /// example depends on the others in its batch.
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
}

extension BlockNames {
    /// The names of XLNet's blocks, under `name`; attention has its own.
    fileprivate static func xlnet(_ name: String) -> BlockNames {
        BlockNames(
            layerNorm: "\(name).rel_attn.layer_norm", intermediate: "\(name).ff.layer_1",
            output: "\(name).ff.layer_2", finalLayerNorm: "\(name).ff.layer_norm")
    }
}
