internal import Kernels
internal import Tensors

/// BERT without a head: tokens to one context vector each (Devlin et al., 2019, section 3).
struct BertEncoder: Sendable {
    let tokens: ParameterSlot
    private let positions: ParameterSlot
    private let segments: ParameterSlot
    private let layerNorm: LayerNormLayer
    private let blocks: TransformerStack<SelfAttention>
    private let hiddenSize: Int

    /// What the encoder made of a batch, with what backward needs, if it was kept.
    struct Encoded {
        /// (tokens, hidden size), packed.
        let frames: Tensor
        let batch: TokenBatch
        let pass: Pass
        let layerNorm: LayerNormLayer.Saved
        let blocks: TransformerStack<SelfAttention>.Saved
    }

    /// Registers the parameters below `bert.`.
    init(
        _ configuration: BertConfiguration, extras: PrunableExtras, in layout: inout ParameterLayout
    ) {
        let faults = configuration.faults()
        precondition(faults.isEmpty, faults.joined(separator: "; "))
        let size = configuration.hiddenSize
        let initializer = Initializer.normal(deviation: Double(configuration.initializerRange))
        func embedding(_ name: String, _ rows: Int, _ layout: inout ParameterLayout) -> ParameterSlot {
            layout.add(
                "bert.embeddings.\(name).weight", [rows, size], role: extras.role(.embeddings),
                initializer: initializer)
        }
        tokens = embedding("word_embeddings", configuration.vocabularySize, &layout)
        positions = embedding("position_embeddings", configuration.maximumTokens, &layout)
        segments = embedding("token_type_embeddings", configuration.segmentCount, &layout)
        layerNorm = LayerNormLayer(
            "bert.embeddings.LayerNorm", size: size, epsilon: configuration.layerNormEpsilon, in: &layout)
        let extents = BlockExtents(
            hiddenSize: size, headCount: configuration.headCount,
            intermediateSize: configuration.intermediateSize, epsilon: configuration.layerNormEpsilon,
            initializer: initializer)
        blocks = TransformerStack(
            configuration.layerCount, extents, order: .post,
            names: { .bert("bert.encoder.layer.\($0)") }, in: &layout)
        hiddenSize = size
    }

    /// Encodes a batch and keeps nothing: (tokens, hidden size).
    func infer(_ batch: TokenBatch, pass: Pass, arena: inout Arena) -> Tensor {
        let hidden = embed(batch, pass: pass, arena: &arena).hidden
        blocks.infer(hidden, context: nil, pass: pass, arena: &arena)
        return hidden.tensor
    }

    /// Encodes a batch and keeps what is asked for.
    func forward(_ batch: TokenBatch, pass: Pass, keeping: KeptActivations, arena: inout Arena) -> Encoded {
        let (hidden, normSaved) = embed(batch, pass: pass, arena: &arena)
        let (frames, blocksSaved) = blocks.forward(
            hidden, context: nil, pass: pass, keeping: keeping, arena: &arena)
        return Encoded(frames: frames, batch: batch, pass: pass, layerNorm: normSaved, blocks: blocksSaved)
    }

    /// The sum of each token's three embeddings, normalised.
    private func embed(
        _ batch: TokenBatch, pass: Pass, arena: inout Arena
    ) -> (hidden: Hidden, norm: LayerNormLayer.Saved) {
        precondition(
            batch.packing.longest <= positions.shape[0],
            "\(batch.packing.longest) tokens where the model has \(positions.shape[0]) positions")
        let parameters = pass.parameters
        let sum = arena.tensor(rows: batch.tokens.count, columns: hiddenSize)
        gatherRows(Matrix(parameters.value(tokens)), batch.tokens, into: sum)
        addGatheredRows(parameters.value(positions), batch.positions, into: sum)
        addGatheredRows(parameters.value(segments), batch.segments, into: sum)
        let hidden = Hidden(rows: sum.rows, columns: hiddenSize, pass: pass, arena: &arena)
        let normSaved = layerNorm.forward(sum, pass: pass, arena: &arena, into: hidden)
        hidden.drop(embeddingDropout(pass))
        return (hidden, normSaved)
    }

    /// Accumulates the gradients of all parameters, calling `gradientsFinal` with falling offsets.
    ///
    /// - Parameter dFrames: (tokens, hidden size); overwritten.
    func backward(
        _ dFrames: Tensor, encoded: Encoded, arena: inout Arena, gradientsFinal: (Int) -> Void
    ) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let (batch, pass) = (encoded.batch, encoded.pass)
        var dHidden = dFrames
        var spare = arena.tensor(like: dFrames)
        blocks.backward(
            &dHidden, spare: &spare, saved: encoded.blocks, context: nil, pass: pass, arena: &arena,
            gradientsFinal: gradientsFinal)
        if let dropout = embeddingDropout(pass) { dropoutBackward(dHidden, dropout, into: dHidden) }
        layerNorm.backward(dHidden, saved: encoded.layerNorm, pass: pass, into: spare)
        addRows(spare, to: batch.segments, of: pass.parameters.gradient(segments))
        addRows(spare, to: batch.positions, of: pass.parameters.gradient(positions))
        addRows(spare, to: batch.tokens, of: pass.parameters.gradient(tokens))
        gradientsFinal(tokens.offset)
    }

    private func embeddingDropout(_ pass: Pass) -> Dropout? {
        pass.dropout(\.hiddenDropout, .hiddenDropout, layer: blocks.count)
    }
}

extension BlockNames {
    /// The names of BERT's blocks, below `name`.
    fileprivate static func bert(_ name: String) -> BlockNames {
        BlockNames(
            query: "\(name).attention.self.query", key: "\(name).attention.self.key",
            value: "\(name).attention.self.value", attentionOutput: "\(name).attention.output.dense",
            layerNorm: "\(name).attention.output.LayerNorm", intermediate: "\(name).intermediate.dense",
            output: "\(name).output.dense", finalLayerNorm: "\(name).output.LayerNorm")
    }
}
