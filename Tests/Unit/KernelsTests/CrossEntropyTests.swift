import Kernels
import Tensors
import TestSupport
import Testing

struct CrossEntropyTests {
    private let targets = [2, 0, 3, 3, 1]

    @Test("losses and gradients match PyTorch's and finite differences")
    func gradients() {
        var arena = testArena()
        let logits = arena.wave(rows: 5, columns: 4, phase: 0, amplitude: 3)
        let dLogits = arena.unset(rows: 5, columns: 4)
        var losses = [Float](repeating: .nan, count: 5)
        crossEntropyLoss(logits: logits, targets: targets, scale: 1, losses: &losses, dLogits: dLogits)
        for (found, expected) in zip(losses, GoldenValues.crossEntropyLosses) {
            #expect(abs(Double(found) - expected) < Tolerance.golden)
        }
        expectGolden(dLogits, GoldenValues.crossEntropy, "dLogits")
        let comparison = compareGradient(dLogits, of: logits) {
            var losses = [Float](repeating: .nan, count: 5)
            crossEntropyLoss(logits: logits, targets: targets, scale: 1, losses: &losses, dLogits: nil)
            return losses.reduce(0) { $0 + Double($1) }
        }
        #expect(comparison.relativeError() < gradientTolerance, "\(comparison)")
    }

    @Test("the gradient is scaled and may overwrite the logits, and logits of hundreds do not overflow")
    func scaled() {
        var arena = testArena()
        let logits = arena.tensor(rows: 1, columns: 2)
        logits.copy(from: [1000, 990])
        var losses: [Float] = [.nan]
        crossEntropyLoss(logits: logits, targets: [1], scale: 0.5, losses: &losses, dLogits: logits)
        #expect(abs(losses[0] - 10) < 1e-3)
        #expect(largestDifference(logits.array(), [0.5, -0.5]) < 1e-4)
    }
}
