import Kernels
import Tensors
import TestSupport
import Testing

struct GroupNormTests {
    @Test("values and gradients are PyTorch's and those of differences; parameter gradients accumulate")
    func gradients() {
        var arena = testArena()
        let packing = PackedRows(lengths: [5, 11])
        let input = Operand("dInput", arena.wave(rows: 16, columns: 67, phase: 0), arena: &arena)
        let weight = Operand("dWeight", arena.wave(columns: 67, phase: 1), arena: &arena)
        let bias = Operand("dBias", arena.wave(columns: 67, phase: 2), arena: &arena)
        let (output, dOutput) = (
            arena.unset(rows: 16, columns: 67), arena.wave(rows: 16, columns: 67, phase: 9)
        )
        let (mean, inverse) = (arena.unset(rows: 2, columns: 67), arena.unset(rows: 2, columns: 67))
        checkKernel(
            GoldenValues.groupNorm, output: output, cotangent: dOutput, activations: [input],
            parameters: [weight, bias]
        ) {
            groupNormForward(
                input.values, packing: packing, weight: weight.values, bias: bias.values, epsilon: 1e-5,
                mean: mean,
                inverseDeviation: inverse, into: output)
        } backward: {
            groupNormBackward(
                dOutput, input: input.values, packing: packing, weight: weight.values, mean: mean,
                inverseDeviation: inverse, dWeight: weight.gradient, dBias: bias.gradient,
                into: input.gradient)
        }
    }

    @Test("results are the same bits with any number of threads, and for an utterance alone")
    func threads() {
        var arena = testArena()
        let (packing, columns) = (PackedRows(lengths: [300, 0, 1500]), 261)
        let input = arena.wave(rows: 1800, columns: columns, phase: 0)
        let dOutput = arena.wave(rows: 1800, columns: columns, phase: 9)
        let (weight, bias) = (arena.wave(columns: columns, phase: 1), arena.wave(columns: columns, phase: 2))
        let (output, dInput) = (
            arena.unset(rows: 1800, columns: columns), arena.unset(rows: 1800, columns: columns)
        )
        let (mean, inverse) = (arena.unset(rows: 3, columns: columns), arena.unset(rows: 3, columns: columns))
        let (dWeight, dBias) = (arena.unset(columns: columns), arena.unset(columns: columns))
        let results = withOneAndThreeThreads { () -> [[Float]] in
            for gradient in [dWeight, dBias] { gradient.fill(0) }
            groupNormForward(
                input, packing: packing, weight: weight, bias: bias, epsilon: 1e-5, mean: mean,
                inverseDeviation: inverse, into: output)
            groupNormBackward(
                dOutput, input: input, packing: packing, weight: weight, mean: mean,
                inverseDeviation: inverse,
                dWeight: dWeight, dBias: dBias, into: dInput)
            return [output, dInput, dWeight, dBias].map { $0.array() }
        }
        expectSameBits(results.one, results.three)
        let alone = arena.unset(rows: 1500, columns: columns)
        groupNormForward(
            input.rows(300..<1800), packing: PackedRows(lengths: [1500]), weight: weight, bias: bias,
            epsilon: 1e-5,
            mean: arena.vector(columns), inverseDeviation: arena.vector(columns), into: alone)
        expectSameBits([alone.array()], [output.rows(300..<1800).array()])
    }
}
