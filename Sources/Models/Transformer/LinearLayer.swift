internal import Kernels
internal import Tensors

/// y = x Wᵀ + b, with W of (outputs, inputs), or y = x W + b, with W of (inputs, outputs).
struct LinearLayer: Sendable {
    let weight: ParameterSlot
    /// nil for no bias.
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

    /// A layer without bias for a weight that is already registered, whatever its shape in files.
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

    /// Multiplies in the precision of the input, on the pass's path for the weight.
    func forward(_ input: Matrix, pass: Pass, arena: inout Arena, into output: Matrix) {
        Self.forward(input, pass: pass, arena: &arena, into: [(self, output)])
    }

    /// Multiplies an input of several layers; those on the sparse path convert its layout only once.
    static func forward(
        _ input: Matrix, pass: Pass, arena: inout Arena, into outputs: [(layer: LinearLayer, output: Matrix)]
    ) {
        var sparse: [SparseLayer] = []
        for (layer, output) in outputs {
            let bias = layer.bias.map(pass.parameters.value)
            switch layer.path(pass, as: input.precision) {
            case .sparse(let kept):
                sparse.append(SparseLayer(weight: kept, bias: bias, output: output.tensor))
            case .dense:
                linearForward(
                    input, weight: layer.matrix(pass, as: input.precision), order: layer.order, bias: bias,
                    into: output)
            }
        }
        if !sparse.isEmpty { sparseLinearForward(input.tensor, layers: sparse, arena: &arena) }
    }

    /// Accumulates the gradients of weight and bias, and writes the input's if requested.
    ///
    /// With `adding`, the input's is added to the existing one, where paths meet.
    func backward(
        _ dOutput: Matrix, input: Matrix, pass: Pass, adding: Bool = false, arena: inout Arena,
        into dInput: Matrix?
    ) {
        Self.backward(
            [(self, dOutput)], input: input, pass: pass, adding: adding, arena: &arena, into: dInput)
    }

    /// Accumulates the gradients of layers that read the same input, and writes the input's total gradient.
    static func backward(
        _ outputs: [(layer: LinearLayer, dOutput: Matrix)], input: Matrix, pass: Pass, adding: Bool,
        arena: inout Arena, into dInput: Matrix?
    ) {
        var sparse: [SparseLayerGradient] = []
        let samplesGradients = pass.parameters.sparseGradients == .kept
        // The first to write the input's gradient may overwrite it.
        var adding = adding
        for (layer, dOutput) in outputs {
            switch layer.path(pass, as: input.precision) {
            case .sparse(let kept):
                sparse.append(layer.gradient(dOutput, kept: kept, pass: pass))
                if samplesGradients { continue }
                layer.denseBackward(dOutput, input: input, pass: pass, into: nil)
            case .dense:
                layer.denseBackward(dOutput, input: input, pass: pass, adding: adding, into: dInput)
                adding = true
            }
        }
        guard !sparse.isEmpty, samplesGradients || dInput != nil else { return }
        sparseLinearBackward(
            sparse, input: samplesGradients ? input.tensor : nil, adding: adding, arena: &arena,
            into: dInput?.tensor)
    }

    private func denseBackward(
        _ dOutput: Matrix, input: Matrix, pass: Pass, adding: Bool = false, into dInput: Matrix?
    ) {
        linearBackward(
            dOutput, input: input, weight: matrix(pass, as: input.precision), order: order,
            dWeight: pass.parameters.gradient(weight).reshaped(rows: rows, columns: columns),
            dBias: bias.map(pass.parameters.gradient), adding: adding, into: dInput)
    }

    private func gradient(_ dOutput: Matrix, kept: SparseWeight, pass: Pass) -> SparseLayerGradient {
        SparseLayerGradient(
            weight: kept, dOutput: dOutput.tensor, dWeight: pass.parameters.gradient(weight),
            dBias: bias.map(pass.parameters.gradient))
    }

    /// Writes only the input's gradient, before the input is available.
    func backward(_ dOutput: Matrix, pass: Pass, arena: inout Arena, into dInput: Matrix) {
        switch path(pass, as: dInput.precision) {
        case .sparse(let kept):
            sparseLinearBackward(
                [gradient(dOutput, kept: kept, pass: pass)], input: nil, arena: &arena, into: dInput.tensor)
        case .dense:
            linearBackward(
                dOutput, input: dInput, weight: matrix(pass, as: dInput.precision), order: order,
                dWeight: nil,
                dBias: nil, into: dInput)
        }
    }

    /// The path of the weight; a weight of (inputs, outputs) is always dense.
    private func path(_ pass: Pass, as precision: GEMMPrecision) -> LinearPath {
        order == .outputsByInputs ? pass.parameters.path(weight, as: precision) : .dense
    }

    private func matrix(_ pass: Pass, as precision: GEMMPrecision) -> Matrix {
        pass.parameters.matrix(weight, as: precision).reshaped(rows: rows, columns: columns)
    }

    // The weight as a matrix, whatever its shape in files.
    private var rows: Int { order == .outputsByInputs ? outputs : inputs }
    private var columns: Int { order == .outputsByInputs ? inputs : outputs }
}
