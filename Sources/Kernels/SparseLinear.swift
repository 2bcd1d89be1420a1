internal import CMath
public import Tensors

extension SparseWeight {
    /// The kept weights of a linear layer, with values that are undefined until `gather`.
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

/// Computes y = x Wᵀ + b from the kept weights alone (Elsen et al., 2020, "Fast Sparse ConvNets").
///
/// A frame's sums are added in an order that depends on nothing but the weight.
///
/// - Parameters:
///   - input: x, (T, I).
///   - weight: W, (O, I).
///   - bias: b, (1, O).
///   - output: y, (T, O); overwritten.
public func sparseLinearForward(
    _ input: Tensor, weight: SparseWeight, bias: Tensor?, arena: inout Arena, into output: Tensor
) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let x = FramePanels(of: input, arena: &arena)
    let y = FramePanels(frames: output.rows, channels: output.columns, arena: &arena)
    weight.forward.multiply(x, into: y)
    y.unpack(bias: bias, adding: false, into: output)
}

/// Accumulates dW += dyᵀ x at the kept places alone and db += Σ dy, and writes dx = dy W (Nikdan et al., 2023,
/// "SparseProp").
///
/// - Parameters:
///   - dOutput: dy, (T, O).
///   - input: x, (T, I); nil leaves the parameters' gradients out.
///   - weight: W, (O, I), for training.
///   - dWeight: (O, I); accumulated.
///   - dBias: (1, O); accumulated. nil for a layer without bias.
///   - adding: Whether dx is added to what is there, where paths meet, instead of overwriting it.
///   - dInput: (T, I); overwritten. nil leaves it out.
public func sparseLinearBackward(
    _ dOutput: Tensor, input: Tensor?, weight: SparseWeight, dWeight: Tensor, dBias: Tensor?,
    adding: Bool = false, arena: inout Arena, into dInput: Tensor?
) {
    guard let backward = weight.backward else {
        preconditionFailure("a sparse weight that was made for inference has no gradient")
    }
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let dy = FramePanels(of: dOutput, arena: &arena)
    if let input {
        let x = FramePanels(of: input, arena: &arena)
        backward.gradient.sample(dy, x)
        backward.gradient.scatterAdd(to: dWeight)
        if let dBias { addColumnSums(of: Matrix(dOutput), into: dBias) }
    }
    if let dInput {
        let dx = FramePanels(frames: dInput.rows, channels: dInput.columns, arena: &arena)
        backward.transposed.multiply(dy, into: dx)
        dx.unpack(bias: nil, adding: adding, into: dInput)
    }
}
