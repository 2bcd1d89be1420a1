internal import Kernels
internal import Tensors

/// Normalises each frame over its channels (Ba, Kiros and Hinton, 2016).
struct LayerNormLayer: Sendable {
    let weight: ParameterSlot
    let bias: ParameterSlot
    let epsilon: Float

    /// What backward needs: the input and each row's statistics.
    struct Saved {
        let input: Tensor
        let mean: Tensor
        let inverseDeviation: Tensor
    }

    /// Registers `name.weight` and `name.bias`.
    init(_ name: String, size: Int, epsilon: Float, in layout: inout ParameterLayout) {
        weight = layout.add("\(name).weight", [size], initializer: .ones)
        bias = layout.add("\(name).bias", [size])
        self.epsilon = epsilon
    }

    /// Normalises the input, or its sum with a residual, with which it is overwritten.
    func forward(
        _ input: Tensor, adding residual: Residual? = nil, pass: Pass, arena: inout Arena,
        into output: Tensor?, product: Matrix? = nil
    ) -> Saved {
        let saved = Saved(
            input: input, mean: arena.vector(input.rows), inverseDeviation: arena.vector(input.rows))
        layerNormForward(
            input, adding: residual, operands(saved, pass: pass), into: output, product: product)
        return saved
    }

    /// Normalises into both kinds of frames.
    func forward(
        _ input: Tensor, adding residual: Residual? = nil, pass: Pass, arena: inout Arena,
        into hidden: Hidden
    ) -> Saved {
        forward(
            input, adding: residual, pass: pass, arena: &arena, into: hidden.tensor, product: hidden.product)
    }

    /// Accumulates the gradients of weight and bias, and writes the input's if requested.
    ///
    /// - Parameters:
    ///   - residual: A gradient that reaches the input on another path, added to its own.
    ///   - branch: The input's gradient after a dropout, in the precision of products.
    func backward(
        _ dOutput: Tensor, saved: Saved, pass: Pass, adding residual: Tensor? = nil, into dInput: Tensor?,
        branch: (matrix: Matrix, dropout: Dropout?)? = nil
    ) {
        layerNormBackward(
            dOutput, input: saved.input, operands(saved, pass: pass),
            dWeight: pass.parameters.gradient(weight), dBias: pass.parameters.gradient(bias),
            adding: residual, into: dInput, branch: branch)
    }

    private func operands(_ saved: Saved, pass: Pass) -> LayerNormOperands {
        LayerNormOperands(
            weight: pass.parameters.value(weight), bias: pass.parameters.value(bias), epsilon: epsilon,
            mean: saved.mean, inverseDeviation: saved.inverseDeviation)
    }
}
