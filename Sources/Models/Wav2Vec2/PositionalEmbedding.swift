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
        let (weight, norms) = normalizedWeight(pass, arena: &arena)
        let saved = Saved(input: input, weight: weight, norms: norms, convolved: arena.tensor(like: input))
        convolve(
            input, packing: pass.packing, weight: weight, pass: pass, arena: &arena, into: saved.convolved)
        geluForward(Matrix(saved.convolved), into: Matrix(output))
        add(input, into: output)
        return saved
    }

    /// Adds the positions in place, block by block, and keeps nothing.
    func infer(_ hidden: Tensor, pass: Pass, arena: inout Arena) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let (weight, _) = normalizedWeight(pass, arena: &arena)
        for utterance in 0..<pass.packing.count {
            infer(hidden.rows(pass.packing[utterance]), weight: weight, pass: pass, arena: &arena)
        }
    }

    /// The convolution of a block reads frames on both sides; the unmodified ones before it are kept.
    private func infer(_ frames: Tensor, weight: Matrix, pass: Pass, arena: inout Arena) {
        let (blockRows, reach) = (2048, kernelSize / 2)
        let before = arena.tensor(rows: reach, columns: frames.columns)
        for start in stride(from: 0, to: frames.rows, by: blockRows) {
            let mark = arena.mark
            defer { arena.release(to: mark) }
            let block = start..<min(start + blockRows, frames.rows)
            let (left, right) = (min(reach, start), min(reach, frames.rows - block.upperBound))
            let window = arena.tensor(rows: left + block.count + right, columns: frames.columns)
            window.rows(0..<left).copy(from: before.rows(reach - left..<reach))
            window.rows(left..<window.rows).copy(
                from: frames.rows(block.lowerBound..<block.upperBound + right))
            if block.upperBound < frames.rows {
                let end = left + block.count
                before.copy(from: window.rows(end - reach..<end))
            }
            let convolved = arena.tensor(like: window)
            convolve(
                window, packing: PackedRows(lengths: [window.rows]), weight: weight, pass: pass,
                arena: &arena, into: convolved)
            let positions = convolved.rows(left..<left + block.count)
            geluForward(Matrix(positions), into: Matrix(positions))
            add(positions, into: frames.rows(block))
        }
    }

    private func convolve(
        _ input: Tensor, packing: PackedRows, weight: Matrix, pass: Pass, arena: inout Arena,
        into output: Tensor
    ) {
        positionalConvolutionForward(
            input, packing: packing, weight: weight, bias: pass.parameters.value(bias),
            kernelSize: kernelSize, groups: groups, arena: &arena, into: output)
    }

    /// The weight in the precision of products, and the norms of its taps.
    private func normalizedWeight(_ pass: Pass, arena: inout Arena) -> (weight: Matrix, norms: Tensor) {
        let direction = pass.parameters.value(direction)
        let (product, norms) = (arena.product(like: direction, pass), arena.vector(kernelSize))
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let weight = pass.precision == .float32 ? product.tensor : arena.tensor(like: direction)
        weightNormForward(
            direction: direction, gain: pass.parameters.value(gain), kernelSize: kernelSize, norms: norms,
            into: weight)
        if pass.precision != .float32 { convert(weight, into: product) }
        return (product, norms)
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
