import Kernels
import Tensors
import TestSupport
import Testing

struct WeightNormTests {
    @Test("values and gradients are PyTorch's and those of differences; both gradients accumulate")
    func gradients() {
        var arena = testArena()
        let direction = Operand("dDirection", arena.wave(rows: 24, columns: 3, phase: 0), arena: &arena)
        let gain = Operand("dGain", arena.wave(columns: 4, phase: 1), arena: &arena)
        let (weight, dWeight) = (
            arena.unset(rows: 24, columns: 3), arena.wave(rows: 24, columns: 3, phase: 9)
        )
        let norms = arena.unset(columns: 4)
        checkKernel(
            GoldenValues.weightNorm, output: weight, cotangent: dWeight, activations: [],
            parameters: [direction, gain]
        ) {
            weightNormForward(
                direction: direction.values, gain: gain.values, kernelSize: 4, norms: norms, into: weight)
        } backward: {
            weightNormBackward(
                dWeight, direction: direction.values, gain: gain.values, kernelSize: 4, norms: norms,
                dDirection: direction.gradient, dGain: gain.gradient)
        }
    }

    @Test("each tap of the weight has the gain as its norm")
    func norms() {
        var arena = testArena()
        let (direction, gain) = (arena.wave(rows: 24, columns: 3, phase: 0), arena.wave(columns: 4, phase: 1))
        let weight = arena.unset(rows: 24, columns: 3)
        weightNormForward(
            direction: direction, gain: gain, kernelSize: 4, norms: arena.vector(4), into: weight)
        for tap in 0..<4 {
            var sum: Float = 0
            for output in 0..<6 {
                for input in 0..<3 {
                    sum += weight[output * 4 + tap, input] * weight[output * 4 + tap, input]
                }
            }
            #expect(abs(sum.squareRoot() - abs(gain[tap])) < 1e-6)
        }
    }
}
