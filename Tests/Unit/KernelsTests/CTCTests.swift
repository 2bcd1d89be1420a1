import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

struct CTCTests {
    private let targets = [[2, 2, 3], [1], [], [4, 1, 1, 4, 2]]
    private let packing = PackedRows(lengths: [6, 3, 4, 11])

    private func loss(
        _ logits: Tensor, _ packing: PackedRows, _ targets: [[Int]], into dLogits: Tensor? = nil,
        zeroInfinity: Bool = false, scale: Float = 1
    ) -> [Float] {
        var losses: [Float] = []
        var scratch = testArena()
        ctcLoss(
            logits: logits, packing: packing, targets: targets, blank: 0, zeroInfinity: zeroInfinity,
            scale: scale,
            arena: &scratch, losses: &losses, dLogits: dLogits)
        return losses
    }

    /// The target an alignment spells: neighbours that are equal merged, then blanks removed.
    private func spelling(_ alignment: [Int]) -> [Int] {
        alignment.indices.filter { $0 == 0 || alignment[$0] != alignment[$0 - 1] }.map { alignment[$0] }
            .filter { $0 != 0 }
    }

    /// -ln of the sum over every alignment that spells the target, in double.
    private func enumerated(_ logits: Tensor, _ target: [Int]) -> Double {
        let (frames, labels) = (logits.rows, logits.columns)
        let sums = (0..<frames).map { row in (0..<labels).reduce(0.0) { $0 + exp(Double(logits[row, $1])) } }
        var total = 0.0
        for code in 0..<Int(pow(Double(labels), Double(frames))) {
            var (rest, alignment) = (code, [Int]())
            for _ in 0..<frames {
                alignment.append(rest % labels)
                rest /= labels
            }
            guard spelling(alignment) == target else { continue }
            total += alignment.indices.reduce(1.0) { $0 * exp(Double(logits[$1, alignment[$1]])) / sums[$1] }
        }
        return -log(total)
    }

    @Test(
        "the loss is the sum over all alignments",
        arguments: [[], [1], [2, 2], [1, 2, 1], [1, 1, 2], [2, 1, 2, 1, 2]])
    func enumeration(target: [Int]) {
        var arena = testArena()
        let logits = arena.wave(rows: 5, columns: 3, phase: 0, amplitude: 2)
        let found = Double(loss(logits, PackedRows(lengths: [5]), [target])[0])
        #expect(abs(found - enumerated(logits, target)) < 1e-5)
    }

    @Test("losses and gradients are PyTorch's, and gradients those of finite differences")
    func gradients() {
        var arena = testArena()
        let logits = arena.wave(rows: 24, columns: 5, phase: 0, amplitude: 2)
        let dLogits = arena.unset(rows: 24, columns: 5)
        let losses = loss(logits, packing, targets, into: dLogits)
        for (found, expected) in zip(losses, GoldenValues.ctcLosses) {
            #expect(abs(Double(found) - expected) < 1e-5)
        }
        expectGolden(dLogits, GoldenValues.ctc, "dLogits")
        let comparison = compareGradient(dLogits, of: logits) {
            loss(logits, packing, targets).reduce(0.0) { $0 + Double($1) }
        }
        #expect(comparison.relativeError() < gradientTolerance, "\(comparison)")
    }

    @Test("an impossible alignment has infinite loss and no gradient")
    func impossible() {
        var arena = testArena()
        let logits = arena.wave(rows: 6, columns: 3, phase: 0)
        let dLogits = arena.unset(rows: 6, columns: 3)
        let packing = PackedRows(lengths: [2, 4])
        let losses = loss(logits, packing, [[1, 1], [1, 1]], into: dLogits)
        #expect(losses[0] == .infinity && losses[1].isFinite)
        #expect(dLogits.rows(0..<2).array() == Array(repeating: 0, count: 6))
        #expect(dLogits.rows(2..<6).array().contains { $0 != 0 })
        #expect(loss(logits, packing, [[1, 1], [1, 1]], zeroInfinity: true)[0] == 0)
    }

    @Test("an utterance without frames is impossible, unless its target is empty")
    func noFrames() {
        var arena = testArena()
        let packing = PackedRows(lengths: [0])
        #expect(loss(arena.tensor(rows: 0, columns: 3), packing, [[1]]) == [.infinity])
        #expect(loss(arena.tensor(rows: 0, columns: 3), packing, [[]]) == [0])
    }

    @Test("a label with the probability zero everywhere is impossible")
    func zeroProbability() {
        var arena = testArena()
        let (logits, dLogits) = (arena.wave(rows: 4, columns: 3, phase: 0), arena.unset(rows: 4, columns: 3))
        for row in 0..<4 { logits[row, 2] = -.infinity }
        #expect(loss(logits, PackedRows(lengths: [4]), [[2]], into: dLogits) == [.infinity])
        #expect(dLogits.array() == Array(repeating: 0, count: 12))
        let possible = loss(logits, PackedRows(lengths: [4]), [[1]], into: dLogits)
        #expect(possible[0].isFinite && allFinite(dLogits))
    }

    @Test("NaN logits give a NaN loss and gradient in their utterance only")
    func notANumber() {
        var arena = testArena()
        let (logits, dLogits) = (arena.wave(rows: 8, columns: 3, phase: 0), arena.unset(rows: 8, columns: 3))
        logits[1, 1] = .nan
        let losses = loss(
            logits, PackedRows(lengths: [4, 4]), [[1], [1]], into: dLogits, zeroInfinity: true)
        #expect(losses[0].isNaN && losses[1].isFinite)
        #expect(dLogits.rows(0..<4).array().filter { !$0.isNaN }.isEmpty)
        #expect(allFinite(dLogits.rows(4..<8)))
    }

    @Test("an utterance alone has the same bits, and the scale multiplies the gradient")
    func packed() {
        var arena = testArena()
        let logits = arena.wave(rows: 24, columns: 5, phase: 0, amplitude: 2)
        let (packed, alone) = (arena.unset(rows: 24, columns: 5), arena.unset(rows: 11, columns: 5))
        let losses = loss(logits, packing, targets, into: packed)
        let single = loss(logits.rows(13..<24), PackedRows(lengths: [11]), [targets[3]], into: alone)
        #expect(losses[3] == single[0] && packed.rows(13..<24).array() == alone.array())
        _ = loss(logits.rows(13..<24), PackedRows(lengths: [11]), [targets[3]], into: alone, scale: 0.25)
        #expect(largestDifference(alone.array(), packed.rows(13..<24).array().map { $0 / 4 }) < 1e-7)
    }

    @Test("a long utterance keeps its digits: each frame's gradient sums to zero")
    func long() {
        var arena = testArena()
        let (logits, dLogits) = (
            arena.wave(rows: 3000, columns: 7, phase: 0, amplitude: 4), arena.unset(rows: 3000, columns: 7)
        )
        let target = (0..<400).map { 1 + $0 % 6 }
        let losses = loss(logits, PackedRows(lengths: [3000]), [target], into: dLogits)
        #expect(losses[0].isFinite && losses[0] > 1000)
        for row in 0..<3000 { #expect(abs(dLogits.rows(row..<row + 1).array().reduce(0, +)) < 2e-6) }
    }

    @Test("a target needs a frame per label, and one more between equal neighbours")
    func minimumFrames() {
        #expect(ctcMinimumFrames([]) == 0)
        #expect(ctcMinimumFrames([1, 2, 3]) == 3)
        #expect(ctcMinimumFrames([1, 1, 1, 2]) == 6)
    }
}
