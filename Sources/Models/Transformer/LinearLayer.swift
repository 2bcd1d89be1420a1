internal import Kernels
internal import Tensors

/// y = x Wᵀ + b, with W of (outputs, inputs).
struct LinearLayer: Sendable {
    let weight: ParameterSlot
    let bias: ParameterSlot

    /// Registers `name.weight` and `name.bias`.
    init(
        _ name: String, inputs: Int, outputs: Int, role: ParameterRole = .kept, initializer: Initializer,
        biasInitializer: Initializer = .zeros, in layout: inout ParameterLayout
    ) {
        weight = layout.add("\(name).weight", [outputs, inputs], role: role, initializer: initializer)
        bias = layout.add("\(name).bias", [outputs], role: role, initializer: biasInitializer)
    }

    /// The number of columns of the output.
    var outputs: Int { weight.shape[0] }

    /// Multiplies in the precision of the input, on the path that the pass has for the weight.
    func forward(_ input: Matrix, pass: Pass, arena: inout Arena, into output: Matrix) {
        switch pass.parameters.path(weight, as: input.precision) {
        case .sparse(let kept):
            sparseLinearForward(
                input.tensor, weight: kept, bias: pass.parameters.value(bias), arena: &arena,
                into: output.tensor)
        case .dense:
            linearForward(
                input, weight: pass.parameters.matrix(weight, as: input.precision),
                bias: pass.parameters.value(bias), into: output)
        }
    }

    /// Accumulates the gradients of weight and bias, and writes the input's, if one is asked for.
    ///
    /// With `adding`, it is added to what is there: where paths meet.
    func backward(
        _ dOutput: Matrix, input: Matrix, pass: Pass, adding: Bool = false, arena: inout Arena,
        into dInput: Matrix?
    ) {
        let (dWeight, dBias) = (pass.parameters.gradient(weight), pass.parameters.gradient(bias))
        switch pass.parameters.path(weight, as: input.precision) {
        case .sparse(let kept):
            sparseLinearBackward(
                dOutput.tensor, input: input.tensor, weight: kept, dWeight: dWeight, dBias: dBias,
                adding: adding, arena: &arena, into: dInput?.tensor)
        case .dense:
            linearBackward(
                dOutput, input: input, weight: pass.parameters.matrix(weight, as: input.precision),
                dWeight: dWeight, dBias: dBias, adding: adding, into: dInput)
        }
    }

    /// Writes the input's gradient alone, where the input is not there yet.
    func backward(_ dOutput: Matrix, pass: Pass, arena: inout Arena, into dInput: Matrix) {
        switch pass.parameters.path(weight, as: dInput.precision) {
        case .sparse(let kept):
            sparseLinearBackward(
                dOutput.tensor, input: nil, weight: kept, dWeight: pass.parameters.gradient(weight),
                dBias: pass.parameters.gradient(bias), arena: &arena, into: dInput.tensor)
        case .dense:
            linearBackward(
                dOutput, input: dInput, weight: pass.parameters.matrix(weight, as: dInput.precision),
                dWeight: nil, dBias: nil, into: dInput)
        }
    }
}
