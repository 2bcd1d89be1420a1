import Kernels
import Tensors
import TestSupport
import Testing

struct PositionalConvolutionTests {
    private func check(_ golden: [String: Double], kernelSize: Int) {
        var arena = testArena()
        let packing = PackedRows(lengths: [5, 9])
        let input = Operand("dInput", arena.wave(rows: 14, columns: 6, phase: 0), arena: &arena)
        let weight = Operand("dWeight", arena.wave(rows: 6 * kernelSize, columns: 3, phase: 1), arena: &arena)
        let bias = Operand("dBias", arena.wave(columns: 6, phase: 2), arena: &arena)
        let (output, dOutput) = (
            arena.unset(rows: 14, columns: 6), arena.wave(rows: 14, columns: 6, phase: 9)
        )
        checkKernel(
            golden, output: output, cotangent: dOutput, activations: [input], parameters: [weight, bias]
        ) {
            var scratch = testArena()
            positionalConvolutionForward(
                input.values, packing: packing, weight: Matrix(weight.values), bias: bias.values,
                kernelSize: kernelSize,
                groups: 2, arena: &scratch, into: output)
        } backward: {
            var scratch = testArena()
            positionalConvolutionBackward(
                dOutput, input: input.values, packing: packing, weight: Matrix(weight.values),
                kernelSize: kernelSize,
                groups: 2, arena: &scratch, dWeight: weight.gradient, dBias: bias.gradient,
                into: input.gradient)
        }
    }

    @Test(
        "an even kernel drops the last frame as PyTorch's same-padding does, with the gradients of differences"
    )
    func evenKernel() { check(GoldenValues.positionalConvolutionEven, kernelSize: 4) }

    @Test("an odd kernel is centred, with gradients of finite differences")
    func oddKernel() { check(GoldenValues.positionalConvolutionOdd, kernelSize: 5) }

    @Test("an utterance over several tiles alone gives the same bits as packed between others")
    func packing() {
        var arena = testArena()
        let lengths = [7, 300, 0, 3]
        let (input, weight) = (
            arena.wave(rows: 310, columns: 8, phase: 0), arena.wave(rows: 72, columns: 4, phase: 1)
        )
        let bias = arena.wave(columns: 8, phase: 2)
        let (packed, alone) = (arena.unset(rows: 310, columns: 8), arena.unset(rows: 300, columns: 8))
        positionalConvolutionForward(
            input, packing: PackedRows(lengths: lengths), weight: Matrix(weight), bias: bias, kernelSize: 9,
            groups: 2,
            arena: &arena, into: packed)
        positionalConvolutionForward(
            input.rows(7..<307), packing: PackedRows(lengths: [300]), weight: Matrix(weight), bias: bias,
            kernelSize: 9,
            groups: 2, arena: &arena, into: alone)
        expectSameBits([packed.rows(7..<307).array()], [alone.array()])
    }

    @Test("every frame of several tiles is the sum of the definition")
    func definition() {
        var arena = testArena()
        let (input, weight) = (
            arena.wave(rows: 300, columns: 4, phase: 0), arena.wave(rows: 24, columns: 2, phase: 1)
        )
        let (bias, output) = (arena.zeros(rows: 1, columns: 4), arena.unset(rows: 300, columns: 4))
        positionalConvolutionForward(
            input, packing: PackedRows(lengths: [300]), weight: Matrix(weight), bias: bias, kernelSize: 6,
            groups: 2,
            arena: &arena, into: output)
        var expected: [Float] = []
        for frame in 0..<300 {
            for channel in 0..<4 {
                var sum: Float = 0
                for tap in 0..<6 where (0..<300).contains(frame + tap - 3) {
                    for inner in 0..<2 {
                        sum +=
                            weight[channel * 6 + tap, inner] * input[frame + tap - 3, channel / 2 * 2 + inner]
                    }
                }
                expected.append(sum)
            }
        }
        #expect(largestDifference(output.array(), expected) < Tolerance.blocking)
    }
}
