import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

struct ContrastiveLossTests {
    private let packing = PackedRows(lengths: [5, 0, 8])

    /// As in Tests/Golden/kernel_values.py: four distractors a frame, and two codes.
    private var negatives: [Int32] {
        var negatives: [Int32] = []
        for count in [5, 8] {
            for frame in 0..<count {
                for index in 0..<4 {
                    let step = 1 + (3 * index + frame) % (count - 1)
                    negatives.append(Int32((frame + step) % count))
                }
            }
        }
        return negatives
    }
    private var codes: [Int] { [5, 8].flatMap { count in (0..<count).flatMap { [$0 % 3, $0 % 2] } } }

    private func loss(
        _ predictions: Tensor, _ targets: Tensor, arena: inout Arena,
        into gradients: (dPredictions: Tensor, dTargets: Tensor)? = nil
    ) -> ContrastiveAnswer {
        contrastiveLoss(
            predictions: predictions, targets: targets, packing: packing, negatives: negatives, codes: codes,
            temperature: 0.1, arena: &arena, gradients: gradients)
    }

    @Test("losses, hits and gradients are PyTorch's, and gradients those of finite differences")
    func gradients() {
        var arena = testArena()
        let predictions = Operand(
            "dPredictions", arena.wave(rows: 13, columns: 6, phase: 0), arena: &arena)
        let targets = Operand("dTargets", arena.wave(rows: 13, columns: 6, phase: 1), arena: &arena)
        let answer = loss(
            predictions.values, targets.values, arena: &arena,
            into: (predictions.gradient, targets.gradient))
        let golden = GoldenValues.contrastiveLosses
        #expect(abs(answer.losses[0] - golden[0]) < 1e-5 && abs(answer.losses[2] - golden[1]) < 1e-5)
        #expect(answer.losses[1] == 0 && answer.correct == GoldenValues.contrastiveCorrect)
        for operand in [predictions, targets] {
            expectGolden(operand.gradient, GoldenValues.contrastiveLoss, operand.name)
            // Cosines over a temperature of 0.1 bend sharply: a shorter step than other kernels'.
            let comparison = compareGradient(operand.gradient, of: operand.values, step: 5e-3) {
                loss(predictions.values, targets.values, arena: &arena).losses.reduce(0, +)
            }
            #expect(comparison.relativeError() < gradientTolerance, "\(comparison)")
        }
    }

    @Test("an utterance alone has the same bits")
    func packed() {
        var arena = testArena()
        let (predictions, targets) = (
            arena.wave(rows: 13, columns: 6, phase: 0), arena.wave(rows: 13, columns: 6, phase: 1)
        )
        func unset(_ rows: Int) -> (dPredictions: Tensor, dTargets: Tensor) {
            (arena.unset(rows: rows, columns: 6), arena.unset(rows: rows, columns: 6))
        }
        let (whole, alone) = (unset(13), unset(8))
        let answer = loss(predictions, targets, arena: &arena, into: whole)
        let single = contrastiveLoss(
            predictions: predictions.rows(5..<13), targets: targets.rows(5..<13),
            packing: PackedRows(lengths: [8]), negatives: Array(negatives[20...]), codes: Array(codes[10...]),
            temperature: 0.1, arena: &arena, gradients: alone)
        #expect(single.losses[0] == answer.losses[2])
        expectSameBits(alone.dPredictions.array(), whole.dPredictions.rows(5..<13).array())
        expectSameBits(alone.dTargets.array(), whole.dTargets.rows(5..<13).array())
    }

    @Test("a frame whose distractors all have its codes has no loss and no gradient")
    func collapsed() {
        var arena = testArena()
        let (predictions, targets) = (
            arena.wave(rows: 3, columns: 4, phase: 0), arena.wave(rows: 3, columns: 4, phase: 1)
        )
        let gradients = (arena.unset(rows: 3, columns: 4), arena.unset(rows: 3, columns: 4))
        let answer = contrastiveLoss(
            predictions: predictions, targets: targets, packing: PackedRows(lengths: [3]),
            negatives: [1, 2, 0, 2, 0, 1], codes: [4, 4, 4], temperature: 0.1, arena: &arena,
            gradients: gradients)
        // A unit in the last place of cosines over the temperature.
        let rounding: Float = 1e-5
        #expect(abs(answer.losses[0]) < 1e-5)
        #expect(largestDifference(gradients.0.array(), [Float](repeating: 0, count: 12)) < rounding)
        #expect(largestDifference(gradients.1.array(), [Float](repeating: 0, count: 12)) < rounding)
    }

    @Test("perfect predictions of orthogonal targets have the loss of cosine 1 against cosines of 0")
    func orthogonal() {
        var arena = testArena()
        let identity = arena.zeros(rows: 3, columns: 3)
        // Norms do not matter to a cosine.
        for index in 0..<3 { identity[index, index] = Float(index + 1) }
        let answer = contrastiveLoss(
            predictions: identity, targets: identity, packing: PackedRows(lengths: [3]),
            negatives: [1, 2, 0, 2, 0, 1], codes: [0, 1, 2], temperature: 0.5, arena: &arena, gradients: nil)
        #expect(abs(answer.losses[0] - 3 * log(1 + 2 * exp(-2))) < 1e-6)
        #expect(answer.correct == 3)
    }

    @Test("a zero prediction is equally far from all, and has a finite gradient")
    func zero() {
        var arena = testArena()
        let (predictions, targets) = (
            arena.zeros(rows: 3, columns: 3), arena.wave(rows: 3, columns: 3, phase: 1)
        )
        let gradients = (arena.unset(rows: 3, columns: 3), arena.unset(rows: 3, columns: 3))
        let answer = contrastiveLoss(
            predictions: predictions, targets: targets, packing: PackedRows(lengths: [3]),
            negatives: [1, 2, 0, 2, 0, 1], codes: [0, 1, 2], temperature: 0.1, arena: &arena,
            gradients: gradients)
        #expect(abs(answer.losses[0] - 3 * log(3)) < 1e-5 && answer.correct == 0)
        #expect(allFinite(gradients.0) && allFinite(gradients.1))
    }

    @Test("a NaN makes its own utterance's loss NaN, no other's")
    func notANumber() {
        var arena = testArena()
        let (predictions, targets) = (
            arena.wave(rows: 13, columns: 6, phase: 0), arena.wave(rows: 13, columns: 6, phase: 1)
        )
        for broken in [predictions, targets] {
            let healthy = broken[2, 1]
            broken[2, 1] = .nan
            let answer = loss(predictions, targets, arena: &arena)
            #expect(answer.losses[0].isNaN && answer.losses[2].isFinite)
            broken[2, 1] = healthy
        }
    }
}
