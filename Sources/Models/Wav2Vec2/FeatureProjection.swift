internal import Kernels
internal import Tensors

/// Layer norm and projection from the feature encoder's channels to the Transformer's.
struct FeatureProjection: Sendable {
    private let layerNorm: LayerNormLayer
    private let projection: LinearLayer

    /// What backward needs.
    struct Saved {
        let layerNorm: LayerNormLayer.Saved
        let normed: Matrix
    }

    init(_ name: String, _ configuration: Wav2Vec2Configuration, in layout: inout ParameterLayout) {
        let channels = configuration.convolutionChannels[configuration.convolutionChannels.count - 1]
        layerNorm = LayerNormLayer(
            "\(name).layer_norm", size: channels, epsilon: configuration.layerNormEpsilon, in: &layout)
        let bound = (1 / Double(channels)).squareRoot()
        projection = LinearLayer(
            "\(name).projection", inputs: channels, outputs: configuration.hiddenSize,
            initializer: .uniform(-bound...bound), in: &layout)
    }

    /// The first element of these parameters in the flat store.
    var firstOffset: Int { layerNorm.weight.offset }

    func forward(_ features: Tensor, pass: Pass, arena: inout Arena, into hidden: Tensor) -> Saved {
        let normed = arena.product(like: features, pass)
        let saved = layerNorm.forward(features, pass: pass, arena: &arena, into: nil, product: normed)
        projection.forward(normed, pass: pass, arena: &arena, into: Matrix(hidden))
        if let dropout = dropout(pass) { dropoutForward(hidden, dropout, into: hidden) }
        return Saved(layerNorm: saved, normed: normed)
    }

    /// Accumulates the gradients and writes the features' if requested.
    ///
    /// - Parameter rows: A gradient that reaches some normalised frames by another path.
    func backward(
        _ dHidden: Tensor, saved: Saved, pass: Pass, adding rows: (frames: [Int], gradient: Tensor)? = nil,
        arena: inout Arena, into dFeatures: Tensor?
    ) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let dProjected = pass.product(dHidden, behind: dropout(pass), arena: &arena)
        let dNormed = arena.tensor(rows: saved.normed.rows, columns: saved.normed.columns)
        projection.backward(dProjected, input: saved.normed, pass: pass, arena: &arena, into: Matrix(dNormed))
        if let rows { addRows(rows.gradient, to: rows.frames, of: dNormed) }
        layerNorm.backward(dNormed, saved: saved.layerNorm, pass: pass, into: dFeatures)
    }

    private func dropout(_ pass: Pass) -> Dropout? { pass.dropout(\.featureDropout, .featureDropout) }
}
