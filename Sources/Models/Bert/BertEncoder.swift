internal import Kernels
internal import Tensors

/// BERT without a head: tokens to context vectors (Devlin et al., 2019, section 3).
struct BertEncoder: TokenEncoder {
    let tokens: ParameterSlot
    private let positions: ParameterSlot
    private let segments: ParameterSlot
    private let layerNorm: LayerNormLayer
    let blocks: TransformerStack<SelfAttention>
    private let hiddenSize: Int

    /// Registers the parameters under `bert.`.
    init(
        _ configuration: BertConfiguration, extras: PrunableExtras, in layout: inout ParameterLayout
    ) {
        let faults = configuration.faults()
        precondition(faults.isEmpty, faults.joined(separator: "; "))
        let size = configuration.hiddenSize
        let block = configuration.shape.block
        func embedding(_ name: String, _ rows: Int, _ layout: inout ParameterLayout) -> ParameterSlot {
            layout.add(
                "bert.embeddings.\(name).weight", [rows, size], role: extras.role(.embeddings),
                initializer: block.initializer)
        }
        tokens = embedding("word_embeddings", configuration.vocabularySize, &layout)
        positions = embedding("position_embeddings", configuration.maximumTokens, &layout)
        segments = embedding("token_type_embeddings", configuration.segmentCount, &layout)
        layerNorm = LayerNormLayer(
            "bert.embeddings.LayerNorm", size: size, epsilon: configuration.layerNormEpsilon, in: &layout)
        blocks = TransformerStack(
            configuration.layerCount, block, order: .post,
            names: { .bert("bert.encoder.layer.\($0)") }, in: &layout)
        hiddenSize = size
    }

    /// The sum of each token's three embeddings, normalised.
    func embed(_ batch: TokenBatch, pass: Pass, arena: inout Arena) -> (
        hidden: Hidden, context: SelfAttention.Context, saved: LayerNormLayer.Saved
    ) {
        precondition(
            batch.packing.longest <= positions.shape[0],
            "\(batch.packing.longest) tokens, but the model has \(positions.shape[0]) positions")
        let parameters = pass.parameters
        let sum = arena.tensor(rows: batch.tokens.count, columns: hiddenSize)
        gatherRows(Matrix(parameters.value(tokens)), batch.tokens, into: sum)
        addGatheredRows(parameters.value(positions), batch.positions, into: sum)
        addGatheredRows(parameters.value(segments), batch.segments, into: sum)
        let hidden = Hidden(rows: sum.rows, columns: hiddenSize, pass: pass, arena: &arena)
        let normSaved = layerNorm.forward(sum, pass: pass, arena: &arena, into: hidden)
        hidden.drop(embeddingDropout(pass))
        return (hidden, nil, normSaved)
    }

    func embedBackward(
        _ dHidden: Tensor, saved: LayerNormLayer.Saved, batch: TokenBatch, pass: Pass, spare: Tensor
    ) {
        layerNorm.backward(dHidden, saved: saved, pass: pass, into: spare)
        addRows(spare, to: batch.segments, of: pass.parameters.gradient(segments))
        addRows(spare, to: batch.positions, of: pass.parameters.gradient(positions))
        addRows(spare, to: batch.tokens, of: pass.parameters.gradient(tokens))
    }
}

extension BlockNames {
    /// The names of BERT's blocks, under `name`.
    fileprivate static func bert(_ name: String) -> BlockNames {
        BlockNames(
            query: "\(name).attention.self.query", key: "\(name).attention.self.key",
            value: "\(name).attention.self.value", attentionOutput: "\(name).attention.output.dense",
            layerNorm: "\(name).attention.output.LayerNorm", intermediate: "\(name).intermediate.dense",
            output: "\(name).output.dense", finalLayerNorm: "\(name).output.LayerNorm")
    }
}
