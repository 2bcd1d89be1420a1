internal import CMath
public import Tensors

extension SparseWeight {
    /// The kept weights of a linear layer, with values undefined until `gather`.
    ///
    /// - Parameter training: Whether backward is possible.
    public init(_ kept: KeptWeights, training: Bool, arena: inout Arena) {
        let forward = SparseMatrix(kept, transposed: false, arena: &arena)
        var backward: Backward?
        if training {
            backward = Backward(
                transposed: SparseMatrix(kept, transposed: true, arena: &arena),
                gradient: forward.withValues(arena.vector(kept.count)))
        }
        self.init(forward: forward, backward: backward)
    }

    /// Takes the values from the weight, (outputs, inputs).
    public func gather(_ weight: Tensor) {
        forward.gather(weight)
        backward?.transposed.gather(weight)
    }
}

/// A linear layer of kept weights and what it writes.
public struct SparseLayer {
    let weight: SparseWeight
    let bias: Tensor?
    let output: Tensor

    /// - Parameters:
    ///   - weight: W, (O, I).
    ///   - bias: b, (1, O); nil for no bias. - output: y, (T, O); overwritten.
    public init(weight: SparseWeight, bias: Tensor?, output: Tensor) {
        self.weight = weight
        self.bias = bias
        self.output = output
    }
}

/// A linear layer of kept weights on the way back.
public struct SparseLayerGradient {
    let weight: SparseWeight
    let dOutput: Tensor
    let dWeight: Tensor
    let dBias: Tensor?

    /// - Parameters:
    ///   - weight: W, (O, I), for training.
    ///   - dOutput: dy, (T, O).
    ///   - dWeight: (O, I); accumulated.
    ///   - dBias: (1, O); accumulated. nil for a layer without bias.
    public init(weight: SparseWeight, dOutput: Tensor, dWeight: Tensor, dBias: Tensor?) {
        self.weight = weight
        self.dOutput = dOutput
        self.dWeight = dWeight
        self.dBias = dBias
    }
}

/// Computes y = x Wᵀ + b of layers that read the same input, from only the kept weights (Elsen et al., 2020,
/// "Fast Sparse ConvNets").
///
/// The input's layout is converted once for all of them. A frame's sums are added in an order that depends
/// only on the weight.
///
/// - Parameter input: x, (T, I).
public func sparseLinearForward(_ input: Tensor, layers: [SparseLayer], arena: inout Arena) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let x = FramePanels(of: input, arena: &arena)
    for layer in layers {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let output = layer.output
        let y = FramePanels(frames: output.rows, channels: output.columns, arena: &arena)
        layer.weight.forward.multiply(x, into: y)
        y.unpack(bias: layer.bias, adding: false, into: output)
    }
}

/// Accumulates dW += dyᵀ x only at the kept places and db += Σ dy of layers that read the same input, and
/// writes dx = Σ dy W over them (Nikdan et al., 2023, "SparseProp").
///
/// - Parameters:
///   - input: x, (T, I); nil leaves the parameters' gradients out.
///   - adding: Whether dx is added to what is there, where paths meet, instead of overwriting it.
///   - dInput: (T, I); overwritten. nil leaves it out.
public func sparseLinearBackward(
    _ layers: [SparseLayerGradient], input: Tensor?, adding: Bool = false, arena: inout Arena,
    into dInput: Tensor?
) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let x = input.map { FramePanels(of: $0, arena: &arena) }
    let dx = dInput.map { FramePanels(frames: $0.rows, channels: $0.columns, arena: &arena) }
    for (index, layer) in layers.enumerated() {
        guard let backward = layer.weight.backward else {
            preconditionFailure("a sparse weight for inference has no gradient")
        }
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let dy = FramePanels(of: layer.dOutput, arena: &arena)
        if let x {
            backward.gradient.sample(dy, x)
            backward.gradient.scatterAdd(to: layer.dWeight)
            if let dBias = layer.dBias { addColumnSums(of: Matrix(layer.dOutput), into: dBias) }
        }
        if let dx { backward.transposed.multiply(dy, adding: index > 0, into: dx) }
    }
    if let dx, let dInput { dx.unpack(bias: nil, adding: adding, into: dInput) }
}
