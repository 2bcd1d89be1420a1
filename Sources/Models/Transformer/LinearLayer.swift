internal import Kernels
internal import Tensors

/// y = x Wᵀ + b, with W of (outputs, inputs).
struct LinearLayer: Sendable {
    let weight: ParameterSlot
    let bias: ParameterSlot

    /// Registers `name.weight` and `name.bias`.
    init(
        _ name: String, inputs: Int, outputs: Int, role: ParameterRole = .kept, initializer: Initializer,
        in layout: inout ParameterLayout
    ) {
        weight = layout.add("\(name).weight", [outputs, inputs], role: role, initializer: initializer)
        bias = layout.add("\(name).bias", [outputs], role: role)
    }

    /// The number of columns of the output.
    var outputs: Int { weight.shape[0] }

    func forward(_ input: Tensor, pass: Pass, into output: Tensor) {
        linearForward(
            input, weight: pass.parameters.value(weight), bias: pass.parameters.value(bias), into: output)
    }

    /// Accumulates the gradients of weight and bias, and writes the input's, if one is asked for.
    func backward(_ dOutput: Tensor, input: Tensor, pass: Pass, into dInput: Tensor?) {
        linearBackward(
            dOutput, input: input, weight: pass.parameters.value(weight),
            dWeight: pass.parameters.gradient(weight), dBias: pass.parameters.gradient(bias), into: dInput)
    }
}
