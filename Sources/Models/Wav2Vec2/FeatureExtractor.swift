internal import Kernels
internal import Tensors

/// The convolutional feature encoder: waveform to one feature vector every 20 ms (Baevski et al., 2020,
/// section 2).
///
/// Convolutions and group norms work on one utterance, so the encoder runs utterance by utterance; a frozen
/// encoder needs only two layers' memory for the longest.
struct FeatureExtractor: Sendable {
    private let layers: [ConvolutionLayer]

    /// What backward needs for one utterance, layer by layer.
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

    /// Frames per block: five seconds, so that neighbouring blocks share little input.
    private static let blockFrames = 256

    /// Computes the features of one utterance, (samples, 1) to (frames, channels), keeping nothing.
    func forward(_ samples: Tensor, parameters: ParameterViews, arena: inout Arena, into features: Tensor) {
        forEachBlock(samples, parameters: parameters, arena: &arena) { frames, block, _ in
            features.rows(frames).copy(from: block)
        }
    }

    /// Computes the features of one utterance block by block, each from the samples that it depends on, so
    /// that memory does not grow with the utterance.
    ///
    /// - Parameters:
    ///   - statistics: Statistics of the whole recording if the samples are a part of it; nil if they are all
    ///     of it.
    ///   - body: Called with the frames of a block and their features, whose memory the next block reuses.
    func forEachBlock(
        _ samples: Tensor, statistics: WaveformStatistics? = nil, parameters: ParameterViews,
        arena: inout Arena,
        _ body: (Range<Int>, Tensor, inout Arena) -> Void
    ) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let count = layers.reduce(samples.rows) { $1.outputLength($0) }
        let first = layers[0].overWaveform(
            samples, statistics: statistics, parameters: parameters, arena: &arena)
        let buffers = Buffers(
            ranges(of: 0..<min(count, Self.blockFrames)), layers, precision: parameters.precision,
            arena: &arena)
        for start in stride(from: 0, to: count, by: Self.blockFrames) {
            let frames = start..<min(start + Self.blockFrames, count)
            let features = buffers.features.rows(0..<frames.count)
            infer(ranges(of: frames), first, buffers, parameters: parameters, arena: &arena, into: features)
            body(frames, features, &arena)
        }
    }

    /// The frames of each layer's output needed for some of the last one's.
    private func ranges(of frames: Range<Int>) -> [Range<Int>] {
        var ranges = [frames]
        for layer in layers.dropFirst().reversed() {
            ranges.append(layer.inputs(of: ranges[ranges.count - 1]))
        }
        return ranges.reversed()
    }

    private func infer(
        _ ranges: [Range<Int>], _ first: FrozenWaveformConvolution, _ buffers: Buffers,
        parameters: ParameterViews, arena: inout Arena, into features: Tensor
    ) {
        var input: Matrix?
        for (index, layer) in layers.enumerated() {
            let output =
                index == layers.count - 1
                ? Matrix(features) : buffers.output(index, rows: ranges[index].count, columns: layer.channels)
            if let input {
                layer.infer(input, parameters: parameters, arena: &arena, into: output)
            } else {
                first.forward(from: ranges[0].lowerBound, arena: &arena, into: output)
            }
            input = output
        }
    }

    /// Memory for a block: two alternating buffers; a layer reads one and writes the other.
    private struct Buffers {
        private let turns: [Matrix]
        let features: Tensor

        init(
            _ ranges: [Range<Int>], _ layers: [ConvolutionLayer], precision: GEMMPrecision,
            arena: inout Arena
        ) {
            let last = layers.count - 1
            let longest = zip(ranges, layers).prefix(last).map { $0.count * $1.channels }.max() ?? 0
            var turns: [Matrix] = []
            for _ in 0..<2 {
                turns.append(arena.matrix(rows: 1, columns: longest, precision: precision))
            }
            self.turns = turns
            features = arena.tensor(rows: ranges[last].count, columns: layers[last].channels)
        }

        func output(_ layer: Int, rows: Int, columns: Int) -> Matrix {
            let turn = turns[layer % 2]
            return Matrix(turn.pointer, rows: rows, columns: columns, precision: turn.precision)
        }
    }

    /// Computes the features of one utterance and keeps what backward needs.
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
