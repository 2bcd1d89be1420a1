internal import CMath
public import Tensors

// T: packed frames. C: channels.

/// What layer norm needs besides its input: parameters, and buffers for the rows' statistics, for backward.
public struct LayerNormOperands: Sendable {
    /// (1, C).
    public let weight: Tensor
    /// (1, C).
    public let bias: Tensor
    /// Added to the population variance.
    public let epsilon: Float
    /// (1, T).
    public let mean: Tensor
    /// (1, T).
    public let inverseDeviation: Tensor

    /// The operands of one norm.
    public init(weight: Tensor, bias: Tensor, epsilon: Float, mean: Tensor, inverseDeviation: Tensor) {
        self.weight = weight
        self.bias = bias
        self.epsilon = epsilon
        self.mean = mean
        self.inverseDeviation = inverseDeviation
    }

    /// The operands of rows from one on, for the loops.
    func shim(from row: Int) -> parp_layer_norm {
        parp_layer_norm(
            weight: weight.pointer, bias: bias.pointer, epsilon: epsilon, mean: mean.pointer + row,
            inverse_deviation: inverseDeviation.pointer + row)
    }

    func check(_ input: Tensor) {
        precondition(
            weight.count == input.columns && bias.count == input.columns,
            "layer norm of \(input.columns) channels by \(weight.count)")
        precondition(mean.count == input.rows, "layer norm of \(input.rows) rows, \(mean.count) means")
    }
}

/// The end of a residual branch, fused into a norm: x = residual + dropout(branch).
public struct Residual: Sendable {
    /// (T, C).
    public let tensor: Tensor
    /// Of the branch.
    public let dropout: Dropout?

    /// A residual with the dropout of its branch.
    public init(_ tensor: Tensor, dropout: Dropout?) {
        self.tensor = tensor
        self.dropout = dropout
    }
}

/// Normalises each row: y = (x − mean) · inverseDeviation · weight + bias (Ba, Kiros and Hinton, 2016).
///
/// - Parameters:
///   - input: x, (T, C); with a residual, the branch, which becomes their sum.
///   - residual: The tensor to which the branch is added first.
///   - output: y, (T, C); overwritten, may be the input if there is no residual. nil leaves it out.
///   - product: y again, in the precision of products; overwritten. In float32 it is the same memory as
///     `output`, or `output` is nil.
public func layerNormForward(
    _ input: Tensor, adding residual: Residual? = nil, _ operands: LayerNormOperands, into output: Tensor?,
    product: Matrix? = nil
) {
    operands.check(input)
    precondition(output != nil || product != nil, "layer norm needs an output")
    precondition(
        product?.precision != .float32 || output == nil
            || product?.pointer == output.map { UnsafeMutableRawPointer($0.pointer) },
        "in float32 a product reads the output itself")
    guard input.device == .cpu else { return }
    let C = input.columns
    forEachRows(input.rows, columns: C, residual?.dropout) { rows, rule in
        let start = rows.lowerBound * C
        parp_layer_norm_forward(
            input.pointer + start, residual.map { $0.tensor.pointer + start }, rule,
            operands.shim(from: rows.lowerBound), Int64(rows.count), Int64(C),
            output.map { $0.pointer + start }, product?.address(start),
            (product?.precision ?? .float32).element)
    }
}

/// Accumulates dWeight and dBias, and writes dx.
///
/// - Parameters:
///   - dOutput: dy, (T, C).
///   - input: x, (T, C), as forward left it.
///   - dWeight: (1, C); accumulated. nil leaves both parameters out.
///   - dBias: (1, C); accumulated.
///   - residual: (T, C), added to dx: the gradient that reaches x by another path. nil adds nothing.
///   - dInput: (T, C); overwritten, may be the residual, must not be `dOutput` unless the parameters are left
///     out. nil leaves it out.
///   - branch: (T, C), dropout(dx) in the precision of products: the gradient of the branch; overwritten. nil
///     leaves it out.
public func layerNormBackward(
    _ dOutput: Tensor, input: Tensor, _ operands: LayerNormOperands, dWeight: Tensor?, dBias: Tensor?,
    adding residual: Tensor? = nil, into dInput: Tensor?, branch: (matrix: Matrix, dropout: Dropout?)? = nil
) {
    operands.check(input)
    let C = input.columns
    precondition(dOutput.count == input.count, "layer norm of \(input.count) elements")
    guard input.device == .cpu else { return }
    if let dWeight, let dBias {
        parallelFor(C, grain: max(1, 32_768 / max(1, input.rows))) { columns in
            let first = columns.lowerBound
            parp_layer_norm_parameter_gradients(
                dOutput.pointer + first, input.pointer + first, operands.mean.pointer,
                operands.inverseDeviation.pointer, Int64(input.rows), Int64(C), Int64(columns.count),
                dWeight.pointer + first, dBias.pointer + first)
        }
    }
    guard let dInput else { return }
    forEachRows(input.rows, columns: C, branch?.dropout) { rows, rule in
        let start = rows.lowerBound * C
        parp_layer_norm_backward(
            dOutput.pointer + start, input.pointer + start, operands.shim(from: rows.lowerBound),
            residual.map { $0.pointer + start }, rule, Int64(rows.count), Int64(C), dInput.pointer + start,
            branch?.matrix.address(start), (branch?.matrix.precision ?? .float32).element)
    }
}
