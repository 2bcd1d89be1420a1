import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

struct GELUTests {
    /// The approximation of erf is within 1.5e-7, float32 rounds by 6e-8 of x; here |x| ≤ 12.
    private let tolerance: Float = 2e-6

    @Test("values and gradients match PyTorch's and finite differences")
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

    @Test(
        "backward computes the activation again: forward's bits, in either precision, with dropout and without",
        arguments: GEMMPrecision.allCases, [0, 0.3] as [Float])
    func recomputed(precision: GEMMPrecision, rate: Float) {
        var arena = testArena()
        let packing = PackedRows(lengths: [3, 4])
        let dropout = rate > 0 ? Dropout(rate: rate, packing: packing, keys: [11, 12]) : nil
        func matrix(_ tensor: Tensor?) -> Matrix {
            let matrix = arena.matrix(rows: 7, columns: 43, precision: precision)
            if let tensor { convert(tensor, into: matrix) }
            return matrix
        }
        func numbers(_ matrix: Matrix) -> [Float] {
            let tensor = arena.unset(columns: 301)
            widen(matrix, into: tensor)
            return tensor.array()
        }
        let input = matrix(arena.wave(columns: 301, phase: 1, amplitude: 4))
        let dOutput = matrix(arena.wave(columns: 301, phase: 9))
        let (output, again, dInput, dPlain) = (matrix(nil), matrix(nil), matrix(nil), matrix(nil))
        geluForward(input, dropout: dropout, into: output)
        geluBackward(dOutput, input: input, dropout: dropout, recomputing: again, into: dInput)
        expectSameBits(numbers(again), numbers(output))
        geluBackward(dOutput, input: input, into: dPlain)
        // What forward dropped passes no gradient back, and what it kept passes all the more.
        let expected = zip(numbers(dPlain), numbers(output)).map { $1 == 0 ? 0 : $0 / (1 - rate) }
        let rounding: Float = precision == .bfloat16 ? 0.02 : 1e-6
        #expect(largestDifference(numbers(dInput), expected) < rounding)
        #expect((numbers(output).filter { $0 == 0 }.count > 40) == (rate > 0))
    }

    @Test("NaN stays NaN, forward and backward")
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
