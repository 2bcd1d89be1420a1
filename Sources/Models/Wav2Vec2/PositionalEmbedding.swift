internal import Kernels
internal import Tensors

/// Relative positions by a grouped, weight-normalised convolution: h + GELU(conv(h)) (Baevski et al., 2020,
/// section 2).
struct PositionalEmbedding: Sendable {
    private let gain: ParameterSlot
    private let direction: ParameterSlot
    private let bias: ParameterSlot
    private let kernelSize: Int
    private let groups: Int

    /// What backward needs.
    struct Saved {
        let input: Tensor
        let weight: Matrix
        let norms: Tensor
        let convolved: Tensor
    }

    init(_ name: String, _ configuration: Wav2Vec2Configuration, in layout: inout ParameterLayout) {
        kernelSize = configuration.positionalKernel
        groups = configuration.positionalGroups
        let size = configuration.hiddenSize
        bias = layout.add("\(name).conv.bias", [size])
        let deviation = 2 * (1 / Double(kernelSize * size)).squareRoot()
        direction = layout.add(
            "\(name).conv.weight_v", [size, kernelSize, size / groups], fileOrder: .convolution,
            initializer: .normal(deviation: deviation))
        gain = layout.add(
            "\(name).conv.weight_g", [1, 1, kernelSize], initializer: .tapNorms(of: direction.index))
    }

    func forward(_ input: Tensor, pass: Pass, arena: inout Arena, into output: Tensor) -> Saved {
        let direction = pass.parameters.value(direction)
        let saved = Saved(
            input: input, weight: arena.product(like: direction, pass), norms: arena.vector(kernelSize),
            convolved: arena.tensor(like: input))
        normalize(direction, saved: saved, pass: pass, arena: &arena)
        positionalConvolutionForward(
            input, packing: pass.packing, weight: saved.weight, bias: pass.parameters.value(bias),
            kernelSize: kernelSize, groups: groups, arena: &arena, into: saved.convolved)
        geluForward(Matrix(saved.convolved), into: Matrix(output))
        add(input, into: output)
        return saved
    }

    /// Writes the weight as products take it.
    private func normalize(_ direction: Tensor, saved: Saved, pass: Pass, arena: inout Arena) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let weight = pass.precision == .float32 ? saved.weight.tensor : arena.tensor(like: direction)
        weightNormForward(
            direction: direction, gain: pass.parameters.value(gain), kernelSize: kernelSize,
            norms: saved.norms, into: weight)
        if pass.precision != .float32 { convert(weight, into: saved.weight) }
    }

    func backward(_ dOutput: Tensor, saved: Saved, pass: Pass, arena: inout Arena, into dInput: Tensor) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let dConvolved = arena.tensor(like: dOutput)
        geluBackward(Matrix(dOutput), input: Matrix(saved.convolved), into: Matrix(dConvolved))
        let dWeight = arena.zeros(rows: saved.weight.rows, columns: saved.weight.columns)
        positionalConvolutionBackward(
            dConvolved, input: saved.input, packing: pass.packing, weight: saved.weight,
            kernelSize: kernelSize, groups: groups, arena: &arena, dWeight: dWeight,
            dBias: pass.parameters.gradient(bias), into: dInput)
        weightNormBackward(
            dWeight, direction: pass.parameters.value(direction), gain: pass.parameters.value(gain),
            kernelSize: kernelSize, norms: saved.norms, dDirection: pass.parameters.gradient(direction),
            dGain: pass.parameters.gradient(gain))
        add(dOutput, into: dInput)
    }
}
