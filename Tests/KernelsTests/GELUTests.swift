import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

struct GELUTests {
    /// The approximation of erf is within 1.5e-7, float32 rounds by 6e-8 of x; here |x| ≤ 12.
    private let tolerance: Float = 2e-6

    @Test("values and gradients are PyTorch's and those of differences")
    func gradients() {
        var arena = testArena()
        let input = Operand("dInput", arena.wave(columns: 301, phase: 0, amplitude: 4), arena: &arena)
        let (output, dOutput) = (arena.unset(columns: 301), arena.wave(columns: 301, phase: 9))
        checkKernel(
            GoldenValues.gelu, output: output, cotangent: dOutput, activations: [input], parameters: []
        ) {
            geluForward(Matrix(input.values), into: Matrix(output))
        } backward: {
            geluBackward(Matrix(dOutput), input: Matrix(input.values), into: Matrix(input.gradient))
        }
    }

    @Test("it is x Φ(x) from -12 to 12, in place as well")
    func exactForm() {
        var arena = testArena()
        let values = (0...2400).map { Float($0 - 1200) / 100 }
        let tensor = arena.tensor(rows: 1, columns: values.count)
        tensor.copy(from: values)
        geluForward(Matrix(tensor), into: Matrix(tensor))
        let expected = values.map { Float(0.5 * Double($0) * erfc(-Double($0) / 2.0.squareRoot())) }
        #expect(largestDifference(tensor.array(), expected) < tolerance)
        #expect(tensor[1200] == 0)
    }

    @Test("not-a-number stays so, forward and backward")
    func notANumber() {
        var arena = testArena()
        let tensor = arena.unset(columns: 33)
        let (output, one) = (arena.zeros(rows: 1, columns: 33), arena.tensor(rows: 1, columns: 33))
        one.fill(1)
        geluForward(Matrix(tensor), into: Matrix(output))
        #expect(output.array().filter { !$0.isNaN }.isEmpty)
        geluBackward(Matrix(one), input: Matrix(tensor), into: Matrix(output))
        #expect(output.array().filter { !$0.isNaN }.isEmpty)
    }

    @Test("results are the same bits with any number of threads")
    func threads() {
        var arena = testArena()
        let (input, output) = (arena.wave(columns: 300_001, phase: 0), arena.unset(columns: 300_001))
        let results = withOneAndThreeThreads { () -> [Float] in
            geluForward(Matrix(input), into: Matrix(output))
            return output.array()
        }
        expectSameBits(results.one, results.three)
    }
}
