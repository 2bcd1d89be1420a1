internal import Kernels
internal import Tensors

/// One convolution of the feature encoder with its norm, if any, and GELU.
struct ConvolutionLayer: Sendable {
    /// The norm between convolution and activation.
    private enum Norm: Sendable {
        case none
        case group(weight: ParameterSlot, bias: ParameterSlot)
        case layer(weight: ParameterSlot, bias: ParameterSlot)
    }

    /// What backward needs.
    struct Saved {
        let input: Matrix
        let convolved: Tensor
        let mean: Tensor
        let inverseDeviation: Tensor
        let normed: Tensor
    }

    private let weight: ParameterSlot
    private let bias: ParameterSlot?
    private let norm: Norm
    private let kernelSize: Int
    private let stride: Int
    private let epsilon: Float
    let channels: Int

    init(
        _ name: String, _ configuration: Wav2Vec2Configuration, index: Int, in layout: inout ParameterLayout
    ) {
        channels = configuration.convolutionChannels[index]
        kernelSize = configuration.convolutionKernels[index]
        stride = configuration.convolutionStrides[index]
        // These norms have PyTorch's epsilon, whatever the configuration says about the Transformer's.
        epsilon = 1e-5
        let inputs = index == 0 ? 1 : configuration.convolutionChannels[index - 1]
        // He et al. (2015), as in PyTorch's kaiming_normal_; the bias bound is one over the root of the
        // inputs.
        let bound = (1 / Double(inputs * kernelSize)).squareRoot()
        weight = layout.add(
            "\(name).conv.weight", [channels, kernelSize, inputs], fileOrder: .convolution,
            initializer: .normal(deviation: bound * 2.0.squareRoot()))
        bias =
            configuration.convolutionBias
            ? layout.add("\(name).conv.bias", [channels], initializer: .uniform(-bound...bound)) : nil
        switch configuration.featureNormalization {
        case .group where index > 0:
            norm = .none
        case .group:
            norm = .group(
                weight: layout.add("\(name).layer_norm.weight", [channels], initializer: .ones),
                bias: layout.add("\(name).layer_norm.bias", [channels]))
        case .layer:
            norm = .layer(
                weight: layout.add("\(name).layer_norm.weight", [channels], initializer: .ones),
                bias: layout.add("\(name).layer_norm.bias", [channels]))
        }
    }

    func outputLength(_ length: Int) -> Int {
        convolutionOutputLength(length, kernelSize: kernelSize, stride: stride)
    }

    /// The input frames of a range of the layer's output.
    func inputs(of frames: Range<Int>) -> Range<Int> {
        frames.lowerBound * stride..<max(frames.lowerBound, frames.upperBound - 1) * stride + kernelSize
    }

    /// The first layer on a waveform, keeping nothing.
    func overWaveform(
        _ samples: Tensor, statistics: WaveformStatistics?, parameters: ParameterViews, arena: inout Arena
    ) -> FrozenWaveformConvolution {
        FrozenWaveformConvolution(
            samples: samples, statistics: statistics, weight: parameters.value(weight),
            bias: bias.map(parameters.value), norm: frozenNorm(parameters), kernelSize: kernelSize,
            stride: stride, arena: &arena)
    }

    /// Convolves, normalises and activates features of one utterance, keeping nothing.
    func infer(_ features: Matrix, parameters: ParameterViews, arena: inout Arena, into output: Matrix) {
        frozenConvolutionForward(
            features, weight: parameters.matrix(weight, as: features.precision),
            bias: bias.map(parameters.value), norm: frozenNorm(parameters), kernelSize: kernelSize,
            stride: stride, arena: &arena, into: output)
    }

    private func frozenNorm(_ parameters: ParameterViews) -> FrozenNorm {
        switch norm {
        case .none: .none
        case .group(let weight, let bias):
            .group(weight: parameters.value(weight), bias: parameters.value(bias), epsilon: epsilon)
        case .layer(let weight, let bias):
            .layer(weight: parameters.value(weight), bias: parameters.value(bias), epsilon: epsilon)
        }
    }

    /// Convolves, normalises and activates one utterance, keeping what backward needs.
    func forward(
        _ input: Matrix, parameters: ParameterViews, arena: inout Arena, into output: Tensor
    ) -> Saved {
        let convolved = arena.tensor(like: output)
        convolutionForward(
            input, inputPacking: PackedRows(lengths: [input.rows]),
            weight: parameters.matrix(weight, as: input.precision),
            bias: bias.map(parameters.value), kernelSize: kernelSize, stride: stride,
            outputPacking: PackedRows(lengths: [output.rows]), into: convolved)
        let saved = normalize(convolved, input: input, parameters: parameters, arena: &arena)
        geluForward(Matrix(saved.normed), into: Matrix(output))
        return saved
    }

    private func normalize(
        _ convolved: Tensor, input: Matrix, parameters: ParameterViews, arena: inout Arena
    ) -> Saved {
        func saved(_ statistics: Int, _ normed: Tensor, _ arena: inout Arena) -> Saved {
            Saved(
                input: input, convolved: convolved, mean: arena.vector(statistics),
                inverseDeviation: arena.vector(statistics), normed: normed)
        }
        switch norm {
        case .none:
            return saved(0, convolved, &arena)
        case .group(let weight, let bias):
            let result = saved(channels, arena.tensor(like: convolved), &arena)
            groupNormForward(
                convolved, packing: PackedRows(lengths: [convolved.rows]), weight: parameters.value(weight),
                bias: parameters.value(bias), epsilon: epsilon, mean: result.mean,
                inverseDeviation: result.inverseDeviation, into: result.normed)
            return result
        case .layer(let weight, let bias):
            let result = saved(convolved.rows, arena.tensor(like: convolved), &arena)
            layerNormForward(
                convolved, operands(weight, bias, result, parameters), into: result.normed)
            return result
        }
    }

    private func operands(
        _ weight: ParameterSlot, _ bias: ParameterSlot, _ saved: Saved, _ parameters: ParameterViews
    ) -> LayerNormOperands {
        LayerNormOperands(
            weight: parameters.value(weight), bias: parameters.value(bias), epsilon: epsilon,
            mean: saved.mean, inverseDeviation: saved.inverseDeviation)
    }

    /// Accumulates the layer's gradients, and writes the input's if requested.
    func backward(
        _ dOutput: Tensor, saved: Saved, parameters: ParameterViews, arena: inout Arena, into dInput: Tensor?
    ) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let dNormed = arena.tensor(like: dOutput)
        geluBackward(Matrix(dOutput), input: Matrix(saved.normed), into: Matrix(dNormed))
        let dConvolved = normalizeBackward(dNormed, saved: saved, parameters: parameters, arena: &arena)
        var product = Matrix(dConvolved)
        if saved.input.precision != .float32 {
            product = arena.matrix(
                rows: dConvolved.rows, columns: dConvolved.columns, precision: saved.input.precision)
            convert(dConvolved, into: product)
        }
        convolutionBackward(
            product, input: saved.input, inputPacking: PackedRows(lengths: [saved.input.rows]),
            weight: parameters.matrix(weight, as: saved.input.precision), kernelSize: kernelSize,
            stride: stride,
            outputPacking: PackedRows(lengths: [dOutput.rows]), dWeight: parameters.gradient(weight),
            dBias: bias.map(parameters.gradient), into: dInput)
    }

    private func normalizeBackward(
        _ dNormed: Tensor, saved: Saved, parameters: ParameterViews, arena: inout Arena
    ) -> Tensor {
        switch norm {
        case .none:
            return dNormed
        case .group(let weight, let bias):
            let dConvolved = arena.tensor(like: dNormed)
            groupNormBackward(
                dNormed, input: saved.convolved, packing: PackedRows(lengths: [dNormed.rows]),
                weight: parameters.value(weight), mean: saved.mean,
                inverseDeviation: saved.inverseDeviation, dWeight: parameters.gradient(weight),
                dBias: parameters.gradient(bias), into: dConvolved)
            return dConvolved
        case .layer(let weight, let bias):
            let dConvolved = arena.tensor(like: dNormed)
            layerNormBackward(
                dNormed, input: saved.convolved, operands(weight, bias, saved, parameters),
                dWeight: parameters.gradient(weight), dBias: parameters.gradient(bias), into: dConvolved)
            return dConvolved
        }
    }
}
