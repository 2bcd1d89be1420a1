import Kernels
import Tensors
import TestSupport
import Testing

struct LinearTests {
    @Test("values and gradients are PyTorch's and those of differences; parameter gradients accumulate")
    func gradients() {
        var arena = testArena()
        let input = Operand("dInput", arena.wave(rows: 7, columns: 5, phase: 0), arena: &arena)
        let weight = Operand("dWeight", arena.wave(rows: 3, columns: 5, phase: 1), arena: &arena)
        let bias = Operand("dBias", arena.wave(columns: 3, phase: 2), arena: &arena)
        let output = arena.unset(rows: 7, columns: 3)
        let dOutput = arena.wave(rows: 7, columns: 3, phase: 9)
        checkKernel(
            GoldenValues.linear, output: output, cotangent: dOutput, activations: [input],
            parameters: [weight, bias]
        ) {
            linearForward(
                Matrix(input.values), weight: Matrix(weight.values), bias: bias.values, into: Matrix(output))
        } backward: {
            linearBackward(
                Matrix(dOutput), input: Matrix(input.values), weight: Matrix(weight.values),
                dWeight: weight.gradient, dBias: bias.gradient, into: Matrix(input.gradient))
        }
    }

    @Test("weights of (inputs, outputs) give PyTorch's values and gradients, too")
    func inputsByOutputs() {
        var arena = testArena()
        let input = Operand("dInput", arena.wave(rows: 7, columns: 5, phase: 0), arena: &arena)
        let weight = Operand("dWeight", arena.wave(rows: 5, columns: 3, phase: 1), arena: &arena)
        let bias = Operand("dBias", arena.wave(columns: 3, phase: 2), arena: &arena)
        let output = arena.unset(rows: 7, columns: 3)
        let dOutput = arena.wave(rows: 7, columns: 3, phase: 9)
        checkKernel(
            GoldenValues.linearTransposed, output: output, cotangent: dOutput, activations: [input],
            parameters: [weight, bias]
        ) {
            linearForward(
                Matrix(input.values), weight: Matrix(weight.values), order: .inputsByOutputs,
                bias: bias.values, into: Matrix(output))
        } backward: {
            linearBackward(
                Matrix(dOutput), input: Matrix(input.values), weight: Matrix(weight.values),
                order: .inputsByOutputs, dWeight: weight.gradient, dBias: bias.gradient,
                into: Matrix(input.gradient))
        }
    }

    @Test("without a bias it is the product alone")
    func withoutBias() {
        var arena = testArena()
        let (input, weight) = (
            arena.wave(rows: 2, columns: 3, phase: 0), arena.wave(rows: 1, columns: 3, phase: 1)
        )
        let output = arena.unset(rows: 2, columns: 1)
        linearForward(Matrix(input), weight: Matrix(weight), bias: nil, into: Matrix(output))
        let expected = (0..<2).map { row in (0..<3).reduce(Float(0)) { $0 + input[row, $1] * weight[0, $1] } }
        #expect(largestDifference(output.array(), expected) < Tolerance.blocking)
    }

    @Test("an utterance's rows hardly change when others are packed with it")
    func packing() {
        var arena = testArena()
        let (input, weight) = (
            arena.wave(rows: 61, columns: 96, phase: 0), arena.wave(rows: 48, columns: 96, phase: 1)
        )
        let (packed, alone) = (arena.unset(rows: 61, columns: 48), arena.unset(rows: 17, columns: 48))
        linearForward(Matrix(input), weight: Matrix(weight), bias: nil, into: Matrix(packed))
        linearForward(Matrix(input.rows(20..<37)), weight: Matrix(weight), bias: nil, into: Matrix(alone))
        #expect(largestDifference(packed.rows(20..<37).array(), alone.array()) < Tolerance.blocking)
    }
}
