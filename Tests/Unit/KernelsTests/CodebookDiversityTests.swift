import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

struct CodebookDiversityTests {
    private let packing = PackedRows(lengths: [5, 0, 8])

    @Test("losses and gradients are PyTorch's, and gradients those of finite differences")
    func gradients() {
        var arena = testArena()
        let logits = arena.wave(rows: 13, columns: 10, phase: 0, amplitude: 2)
        let dLogits = arena.zeros(rows: 13, columns: 10)
        let found = codebookDiversity(
            logits: logits, packing: packing, groups: 2, weight: 1, arena: &arena, addingTo: dLogits)
        let golden = GoldenValues.codebookDiversityLosses
        #expect(abs(found.losses[0] - golden[0]) < 1e-6 && abs(found.losses[2] - golden[1]) < 1e-6)
        #expect(found.losses[1] == 0)
        expectGolden(dLogits, GoldenValues.codebookDiversity, "dLogits")
        let comparison = compareGradient(dLogits, of: logits) {
            let losses = codebookDiversity(
                logits: logits, packing: packing, groups: 2, weight: 0, arena: &arena, addingTo: nil
            ).losses
            return 5 * losses[0] + 8 * losses[2]
        }
        #expect(comparison.relativeError() < gradientTolerance, "\(comparison)")
    }

    @Test("the gradient is added, and the weight multiplies it")
    func weight() {
        var arena = testArena()
        let logits = arena.wave(rows: 13, columns: 10, phase: 0, amplitude: 2)
        func gradient(weight: Float, start: Float) -> [Float] {
            let dLogits = arena.tensor(rows: 13, columns: 10)
            dLogits.fill(start)
            _ = codebookDiversity(
                logits: logits, packing: packing, groups: 2, weight: weight, arena: &arena, addingTo: dLogits)
            return dLogits.array()
        }
        let whole = gradient(weight: 1, start: 0)
        #expect(largestDifference(gradient(weight: 0.25, start: 0), whole.map { $0 / 4 }) < 1e-7)
        #expect(
            largestDifference(gradient(weight: 1, start: 3), whole.map { $0 + 3 }) < Tolerance.accumulated)
    }

    @Test(
        "entries alike in use lose nothing, one entry a group all but that one, and no entry is not a number")
    func extremes() {
        var arena = testArena()
        let (logits, dLogits) = (arena.zeros(rows: 2, columns: 8), arena.zeros(rows: 2, columns: 8))
        func found() -> CodebookDiversity {
            codebookDiversity(
                logits: logits, packing: PackedRows(lengths: [2]), groups: 2, weight: 1, arena: &arena,
                addingTo: dLogits)
        }
        #expect(abs(found().losses[0]) < 1e-6)
        for row in 0..<2 { (logits[row, 1], logits[row, 6]) = (500, 500) }
        let single = found()
        #expect(abs(single.losses[0] - 0.75) < 1e-6)
        #expect(allFinite(dLogits))
        #expect(abs(single.probabilities[1] - 2) < 1e-6 && abs(single.probabilities[6] - 2) < 1e-6)
        #expect(abs(single.probabilities.reduce(0, +) - 4) < 1e-6)
    }

    @Test("perplexity counts the entries in use, group by group")
    func perplexity() {
        #expect(codebookPerplexity([0, 0, 0, 0], groups: 2) == 0)
        #expect(codebookPerplexity([7, 0, 0, 3], groups: 2) == 2)
        #expect(abs(codebookPerplexity([3, 3, 1, 1], groups: 2) - 4) < 1e-12)
        let mixed = exp(-0.25 * log(0.25) - 0.75 * log(0.75))
        #expect(abs(codebookPerplexity([1, 3], groups: 1) - mixed) < 1e-12)
    }
}
