import Kernels
import Tensors
import TestSupport
import Testing

struct SquaredErrorTests {
    @Test("losses are squares of differences, and gradients those of finite differences")
    func gradients() {
        var arena = testArena()
        let predictions = arena.wave(rows: 4, columns: 1, phase: 0)
        let dPredictions = arena.unset(rows: 4, columns: 1)
        let targets: [Float] = [0.5, -1, 3, 0]
        var losses = [Float](repeating: .nan, count: 4)
        squaredErrorLoss(
            predictions: predictions, targets: targets, scale: 1, losses: &losses, dPredictions: dPredictions)
        for row in 0..<4 {
            let difference = predictions[row] - targets[row]
            #expect(losses[row] == difference * difference)
        }
        let comparison = compareGradient(dPredictions, of: predictions) {
            squaredErrorLoss(
                predictions: predictions, targets: targets, scale: 1, losses: &losses, dPredictions: nil)
            return losses.reduce(0) { $0 + Double($1) }
        }
        #expect(comparison.relativeError() < gradientTolerance, "\(comparison)")
    }
}
