import Kernels
import Tensors
import TestSupport
import Testing

struct LogSoftmaxTests {
    @Test("values match PyTorch's")
    func values() {
        var arena = testArena()
        let output = arena.unset(rows: 4, columns: 29)
        logSoftmaxForward(arena.wave(rows: 4, columns: 29, phase: 0, amplitude: 3), into: output)
        expectGolden(output, GoldenValues.logSoftmax, "output")
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
