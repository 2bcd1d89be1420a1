import Kernels
import Tensors
import TestSupport
import Testing

struct LogSoftmaxTests {
    @Test("values and gradients are PyTorch's and those of differences")
    func gradients() {
        var arena = testArena()
        let input = Operand("dInput", arena.wave(rows: 4, columns: 29, phase: 0, amplitude: 3), arena: &arena)
        let (output, dOutput) = (
            arena.unset(rows: 4, columns: 29), arena.wave(rows: 4, columns: 29, phase: 9)
        )
        checkKernel(
            GoldenValues.logSoftmax, output: output, cotangent: dOutput, activations: [input], parameters: []
        ) {
            logSoftmaxForward(input.values, into: output)
        } backward: {
            logSoftmaxBackward(dOutput, output: output, into: input.gradient)
        }
    }

    @Test("large logits neither overflow nor lose the difference between them")
    func largeLogits() {
        var arena = testArena()
        let (input, output) = (arena.tensor(rows: 1, columns: 2), arena.unset(columns: 2))
        input.copy(from: [1000, 999])
        logSoftmaxForward(input, into: output)
        #expect(largestDifference(output.array(), [-0.313_261_7, -1.313_261_7]) < 1e-6)
    }
}
