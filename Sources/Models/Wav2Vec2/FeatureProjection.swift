internal import Tensors

/// Layer norm and projection from the feature encoder's channels to the Transformer's.
struct FeatureProjection: Sendable {
    private let layerNorm: LayerNormLayer
    private let projection: LinearLayer

    /// What backward needs.
    struct Saved {
        let layerNorm: LayerNormLayer.Saved
        let normed: Tensor
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
        let normed = arena.tensor(like: features)
        let saved = layerNorm.forward(features, pass: pass, arena: &arena, into: normed)
        projection.forward(normed, pass: pass, into: hidden)
        pass.dropoutForward(hidden, \.featureDropout, .featureDropout)
        return Saved(layerNorm: saved, normed: normed)
    }

    /// Accumulates the gradients and writes the features', if they are asked for.
    ///
    /// `dHidden` is overwritten.
    func backward(
        _ dHidden: Tensor, saved: Saved, pass: Pass, arena: inout Arena, into dFeatures: Tensor?
    ) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        pass.dropoutBackward(dHidden, \.featureDropout, .featureDropout, into: dHidden)
        let dNormed = arena.tensor(like: saved.normed)
        projection.backward(dHidden, input: saved.normed, pass: pass, into: dNormed)
        layerNorm.backward(dNormed, saved: saved.layerNorm, pass: pass, into: dFeatures)
    }
}
