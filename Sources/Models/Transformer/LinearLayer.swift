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

    /// Multiplies in the precision of the input.
    func forward(_ input: Matrix, pass: Pass, into output: Matrix) {
        linearForward(
            input, weight: matrix(pass, as: input.precision), order: order,
            bias: bias.map(pass.parameters.value), into: output)
    }

    /// Accumulates the gradients of weight and bias, and writes the input's, if one is asked for.
    ///
    /// With `adding`, it is added to what is there: where paths meet.
    func backward(
        _ dOutput: Matrix, input: Matrix, pass: Pass, adding: Bool = false, into dInput: Matrix?
    ) {
        linearBackward(
            dOutput, input: input, weight: matrix(pass, as: input.precision), order: order,
            dWeight: pass.parameters.gradient(weight).reshaped(rows: rows, columns: columns),
            dBias: bias.map(pass.parameters.gradient),
            adding: adding, into: dInput)
    }

    /// Writes the input's gradient alone, where the input is not there yet.
    func backward(_ dOutput: Matrix, pass: Pass, into dInput: Matrix) {
        linearBackward(
            dOutput, input: dInput, weight: matrix(pass, as: dInput.precision), order: order, dWeight: nil,
            dBias: nil, into: dInput)
    }

    private func matrix(_ pass: Pass, as precision: GEMMPrecision) -> Matrix {
        pass.parameters.matrix(weight, as: precision).reshaped(rows: rows, columns: columns)
    }

    // Of the weight as a matrix, whatever extents its file gives it.
    private var rows: Int { order == .outputsByInputs ? outputs : inputs }
    private var columns: Int { order == .outputsByInputs ? inputs : outputs }
}
