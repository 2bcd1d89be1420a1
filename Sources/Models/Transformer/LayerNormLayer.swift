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

    func forward(_ input: Tensor, pass: Pass, arena: inout Arena, into output: Tensor) -> Saved {
        let saved = Saved(
            input: input, mean: arena.vector(input.rows), inverseDeviation: arena.vector(input.rows))
        layerNormForward(
            input, weight: pass.parameters.value(weight), bias: pass.parameters.value(bias),
            epsilon: epsilon, mean: saved.mean, inverseDeviation: saved.inverseDeviation, into: output)
        return saved
    }

    /// Accumulates the gradients of weight and bias, and writes the input's, if one is asked for.
    func backward(_ dOutput: Tensor, saved: Saved, pass: Pass, into dInput: Tensor?) {
        layerNormBackward(
            dOutput, input: saved.input, weight: pass.parameters.value(weight), mean: saved.mean,
            inverseDeviation: saved.inverseDeviation, dWeight: pass.parameters.gradient(weight),
            dBias: pass.parameters.gradient(bias), into: dInput)
    }
}
