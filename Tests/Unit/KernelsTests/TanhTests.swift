import Kernels
import Tensors
import TestSupport
import Testing

struct TanhTests {
    @Test("values and gradients are PyTorch's and those of differences")
    func gradients() {
        var arena = testArena()
        let input = Operand("dInput", arena.wave(rows: 3, columns: 7, phase: 0, amplitude: 2), arena: &arena)
        let (output, dOutput) = (arena.unset(rows: 3, columns: 7), arena.wave(rows: 3, columns: 7, phase: 9))
        checkKernel(
            GoldenValues.tanh, output: output, cotangent: dOutput, activations: [input], parameters: []
        ) {
            output.copy(from: input.values)
            tanhForward(output)
        } backward: {
            tanhBackward(dOutput, output: output, into: input.gradient)
        }
    }
}
