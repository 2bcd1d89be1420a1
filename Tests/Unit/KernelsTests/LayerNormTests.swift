import Kernels
import Tensors
import TestSupport
import Testing

struct LayerNormTests {
    @Test("values and gradients are PyTorch's and those of differences; parameter gradients accumulate")
    func gradients() {
        var arena = testArena()
        let input = Operand("dInput", arena.wave(rows: 5, columns: 37, phase: 0), arena: &arena)
        let weight = Operand("dWeight", arena.wave(columns: 37, phase: 1), arena: &arena)
        let bias = Operand("dBias", arena.wave(columns: 37, phase: 2), arena: &arena)
        let output = arena.unset(rows: 5, columns: 37)
        let dOutput = arena.wave(rows: 5, columns: 37, phase: 9)
        let operands = LayerNormOperands(
            weight: weight.values, bias: bias.values, epsilon: 1e-5, mean: arena.unset(columns: 5),
            inverseDeviation: arena.unset(columns: 5))
        checkKernel(
            GoldenValues.layerNorm, output: output, cotangent: dOutput, activations: [input],
            parameters: [weight, bias]
        ) {
            layerNormForward(input.values, operands, into: output)
        } backward: {
            layerNormBackward(
                dOutput, input: input.values, operands, dWeight: weight.gradient, dBias: bias.gradient,
                into: input.gradient)
        }
    }

    @Test("results are the same bits with any number of threads, and for a row alone")
    func threads() {
        var arena = testArena()
        let (rows, columns) = (700, 515)
        let input = arena.wave(rows: rows, columns: columns, phase: 0)
        let dOutput = arena.wave(rows: rows, columns: columns, phase: 9)
        let (weight, bias) = (arena.wave(columns: columns, phase: 1), arena.wave(columns: columns, phase: 2))
        let (output, dInput) = (
            arena.unset(rows: rows, columns: columns), arena.unset(rows: rows, columns: columns)
        )
        let operands = LayerNormOperands(
            weight: weight, bias: bias, epsilon: 1e-5, mean: arena.unset(columns: rows),
            inverseDeviation: arena.unset(columns: rows))
        let (dWeight, dBias) = (arena.unset(columns: columns), arena.unset(columns: columns))
        let results = withOneAndThreeThreads {
            for gradient in [dWeight, dBias] { gradient.fill(0) }
            layerNormForward(input, operands, into: output)
            layerNormBackward(
                dOutput, input: input, operands, dWeight: dWeight, dBias: dBias, into: dInput)
            return [output, dInput, dWeight, dBias].map { $0.array() }
        }
        expectSameBits(results.one, results.three)
        let alone = arena.unset(columns: columns)
        let ownOperands = LayerNormOperands(
            weight: weight, bias: bias, epsilon: 1e-5, mean: arena.vector(1),
            inverseDeviation: arena.vector(1))
        layerNormForward(input.rows(333..<334), ownOperands, into: alone)
        expectSameBits([alone.array()], [output.rows(333..<334).array()])
    }

    @Test("a row far from zero keeps its digits, as the deviations are taken from the mean")
    func largeMean() {
        var arena = testArena()
        let input = arena.tensor(rows: 1, columns: 4)
        input.copy(from: [10_000, 10_001, 10_002, 10_003])
        let (ones, zeros) = (arena.tensor(rows: 1, columns: 4), arena.zeros(rows: 1, columns: 4))
        ones.fill(1)
        let output = arena.unset(columns: 4)
        let operands = LayerNormOperands(
            weight: ones, bias: zeros, epsilon: 0, mean: arena.vector(1), inverseDeviation: arena.vector(1))
        layerNormForward(input, operands, into: output)
        let deviation = Float(1.25).squareRoot()
        #expect(largestDifference(output.array(), [-1.5, -0.5, 0.5, 1.5].map { $0 / deviation }) < 1e-6)
    }
}
