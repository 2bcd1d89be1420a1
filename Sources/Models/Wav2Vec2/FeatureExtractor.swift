internal import Kernels
internal import Tensors

/// The convolutional feature encoder: waveform to one feature vector every 20 ms (Baevski et al., 2020,
/// section 2).
///
/// Convolutions and group norms see one utterance, so the encoder runs utterance by utterance; a frozen
/// encoder needs only two layers' memory of the longest.
struct FeatureExtractor: Sendable {
    private let layers: [ConvolutionLayer]

    /// What backward needs of one utterance: each layer's.
    struct Saved {
        let layers: [ConvolutionLayer.Saved]
    }

    init(_ name: String, _ configuration: Wav2Vec2Configuration, in layout: inout ParameterLayout) {
        var layers: [ConvolutionLayer] = []
        for index in configuration.convolutionChannels.indices {
            layers.append(
                ConvolutionLayer("\(name).conv_layers.\(index)", configuration, index: index, in: &layout))
        }
        self.layers = layers
    }

    /// Makes the features of one utterance of (samples, 1) into (frames, channels), keeping nothing.
    func forward(_ samples: Tensor, parameters: ParameterViews, arena: inout Arena, into features: Tensor) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let longest = layers.reduce((length: samples.rows, elements: 0)) { state, layer in
            let length = layer.outputLength(state.length)
            return (length, max(state.elements, length * layer.channels))
        }.elements
        // Two buffers take turns: a layer reads one and writes the other.
        var spare = arena.matrix(rows: 1, columns: longest, precision: parameters.precision)
        var next = arena.matrix(rows: 1, columns: longest, precision: parameters.precision)
        var input = ConvolutionLayer.LayerInput.waveform(samples)
        var length = samples.rows
        for (index, layer) in layers.enumerated() {
            length = layer.outputLength(length)
            let output =
                index == layers.count - 1
                ? Matrix(features)
                : Matrix(next.pointer, rows: length, columns: layer.channels, precision: next.precision)
            layer.infer(input, parameters: parameters, arena: &arena, into: output)
            input = .features(output)
            swap(&spare, &next)
        }
    }

    /// Makes the features of one utterance and keeps what backward needs.
    func forwardSaving(
        _ samples: Tensor, parameters: ParameterViews, arena: inout Arena, into features: Tensor
    ) -> Saved {
        var input = Matrix(samples)
        var saved: [ConvolutionLayer.Saved] = []
        for (index, layer) in layers.enumerated() {
            let length = layer.outputLength(input.rows)
            let output =
                index == layers.count - 1 ? features : arena.tensor(rows: length, columns: layer.channels)
            saved.append(layer.forward(input, parameters: parameters, arena: &arena, into: output))
            guard index < layers.count - 1 else { break }
            input = Matrix(output)
            if parameters.precision != .float32 {
                input = arena.matrix(rows: length, columns: layer.channels, precision: parameters.precision)
                convert(output, into: input)
            }
        }
        return Saved(layers: saved)
    }

    /// Accumulates the gradients of all layers from those of one utterance's features.
    func backward(_ dFeatures: Tensor, saved: Saved, parameters: ParameterViews, arena: inout Arena) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        var dOutput = dFeatures
        for (index, layer) in layers.enumerated().reversed() {
            let input = saved.layers[index].input
            let dInput = index > 0 ? arena.tensor(rows: input.rows, columns: input.columns) : nil
            layer.backward(
                dOutput, saved: saved.layers[index], parameters: parameters, arena: &arena, into: dInput)
            if let dInput { dOutput = dInput }
        }
    }
}
