internal import Kernels
internal import Tensors

/// y = x Wᵀ + b, with W of (outputs, inputs), or y = x W + b, with W of (inputs, outputs).
struct LinearLayer: Sendable {
    let weight: ParameterSlot
    /// nil adds nothing.
    let bias: ParameterSlot?
    let order: WeightOrder
    let inputs: Int
    /// The number of columns of the output.
    let outputs: Int

    /// Registers `name.weight` and `name.bias`.
    init(
        _ name: String, inputs: Int, outputs: Int, role: ParameterRole = .kept, initializer: Initializer,
        biasInitializer: Initializer = .zeros, in layout: inout ParameterLayout
    ) {
        weight = layout.add("\(name).weight", [outputs, inputs], role: role, initializer: initializer)
        bias = layout.add("\(name).bias", [outputs], role: role, initializer: biasInitializer)
        order = .outputsByInputs
        self.inputs = inputs
        self.outputs = outputs
    }

    /// A layer without bias of a weight that is registered already, whatever extents its file gives it.
    init(weight: ParameterSlot, order: WeightOrder, inputs: Int, outputs: Int) {
        precondition(
            weight.shape.count == inputs * outputs, "\(weight.name) \(weight.shape): \(inputs) to \(outputs)")
        self.weight = weight
        bias = nil
        self.order = order
        self.inputs = inputs
        self.outputs = outputs
    }

    /// Its parameters.
    var slots: [ParameterSlot] { [weight] + (bias.map { [$0] } ?? []) }

    /// Multiplies in the precision of the input, on the path that the pass has for the weight.
    func forward(_ input: Matrix, pass: Pass, arena: inout Arena, into output: Matrix) {
        let bias = bias.map(pass.parameters.value)
        switch path(pass, as: input.precision) {
        case .sparse(let kept):
            sparseLinearForward(
                input.tensor, weight: kept, bias: bias, arena: &arena, into: output.tensor)
        case .dense:
            linearForward(
                input, weight: matrix(pass, as: input.precision), order: order, bias: bias, into: output)
        }
    }

    /// Accumulates the gradients of weight and bias, and writes the input's, if one is asked for.
    ///
    /// With `adding`, it is added to what is there: where paths meet.
    func backward(
        _ dOutput: Matrix, input: Matrix, pass: Pass, adding: Bool = false, arena: inout Arena,
        into dInput: Matrix?
    ) {
        let dBias = bias.map(pass.parameters.gradient)
        switch path(pass, as: input.precision) {
        case .sparse(let kept):
            sparseLinearBackward(
                dOutput.tensor, input: input.tensor, weight: kept, dWeight: pass.parameters.gradient(weight),
                dBias: dBias, adding: adding, arena: &arena, into: dInput?.tensor)
        case .dense:
            linearBackward(
                dOutput, input: input, weight: matrix(pass, as: input.precision), order: order,
                dWeight: pass.parameters.gradient(weight).reshaped(rows: rows, columns: columns),
                dBias: dBias, adding: adding, into: dInput)
        }
    }

    /// Writes the input's gradient alone, where the input is not there yet.
    func backward(_ dOutput: Matrix, pass: Pass, arena: inout Arena, into dInput: Matrix) {
        switch path(pass, as: dInput.precision) {
        case .sparse(let kept):
            sparseLinearBackward(
                dOutput.tensor, input: nil, weight: kept, dWeight: pass.parameters.gradient(weight),
                dBias: bias.map(pass.parameters.gradient), arena: &arena, into: dInput.tensor)
        case .dense:
            linearBackward(
                dOutput, input: dInput, weight: matrix(pass, as: dInput.precision), order: order,
                dWeight: nil,
                dBias: nil, into: dInput)
        }
    }

    /// The path of the weight; one of (inputs, outputs) is always multiplied whole.
    private func path(_ pass: Pass, as precision: GEMMPrecision) -> LinearPath {
        order == .outputsByInputs ? pass.parameters.path(weight, as: precision) : .dense
    }

    private func matrix(_ pass: Pass, as precision: GEMMPrecision) -> Matrix {
        pass.parameters.matrix(weight, as: precision).reshaped(rows: rows, columns: columns)
    }

    // Of the weight as a matrix, whatever extents its file gives it.
    private var rows: Int { order == .outputsByInputs ? outputs : inputs }
    private var columns: Int { order == .outputsByInputs ? inputs : outputs }
}
