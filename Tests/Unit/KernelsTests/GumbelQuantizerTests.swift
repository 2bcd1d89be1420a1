import Kernels
import Tensors
import TestSupport
import Testing

struct GumbelQuantizerTests {
    /// 7 frames, 2 groups of 5 entries with 3 columns each, as in Tests/Golden/kernel_values.py.
    private struct Case: ~Copyable {
        var arena = testArena()
        let logits: Tensor
        let codevectors: Tensor
        let samples: Tensor
        let output: Tensor
        let dOutput: Tensor
        let dLogits: Tensor
        let dCodevectors: Tensor

        init() {
            logits = arena.wave(rows: 7, columns: 10, phase: 0, amplitude: 2)
            codevectors = arena.wave(rows: 10, columns: 3, phase: 2)
            samples = arena.unset(rows: 7, columns: 10)
            output = arena.unset(rows: 7, columns: 6)
            dOutput = arena.wave(rows: 7, columns: 6, phase: 9)
            dLogits = arena.unset(rows: 7, columns: 10)
            dCodevectors = arena.zeros(rows: 10, columns: 3)
        }

        var codebook: Codebook { Codebook(codevectors: codevectors, groups: 2) }
        /// The samples' memory; before forward it holds noise.
        var sample: GumbelSample { GumbelSample(samples, temperature: 0.7) }

        func forward() -> [Int] {
            samples.copy(from: wave(70, phase: 1, amplitude: 3))
            return gumbelQuantizerForward(logits, sample: sample, codebook: codebook, into: output)
        }

        func backward(_ codes: [Int]) {
            gumbelQuantizerBackward(
                dOutput, sample: sample, codes: codes, codebook: codebook, dCodevectors: dCodevectors,
                into: dLogits)
        }
    }

    @Test("codes, codevectors and gradients are PyTorch's, and parameter gradients accumulate")
    func golden() {
        let quantizer = Case()
        let codes = quantizer.forward()
        #expect(codes == GoldenValues.gumbelQuantizerCodes)
        quantizer.backward(codes)
        expectGolden(quantizer.output, GoldenValues.gumbelQuantizer, "output")
        expectGolden(quantizer.dLogits, GoldenValues.gumbelQuantizer, "dLogits")
        expectGolden(quantizer.dCodevectors, GoldenValues.gumbelQuantizer, "dCodevectors")
        let once = (quantizer.dLogits.array(), quantizer.dCodevectors.array())
        quantizer.backward(codes)
        #expect(quantizer.dLogits.array() == once.0)
        #expect(
            largestDifference(quantizer.dCodevectors.array(), once.1.map { 2 * $0 }) < Tolerance.accumulated)
    }

    @Test("the gradient of codevectors is that of differences, that of logits the soft sample's")
    func gradients() {
        let quantizer = Case()
        quantizer.backward(quantizer.forward())
        let codevectors = compareGradient(quantizer.dCodevectors, of: quantizer.codevectors) {
            _ = quantizer.forward()
            return weightedSum(quantizer.output, quantizer.dOutput)
        }
        #expect(codevectors.relativeError() < gradientTolerance, "\(codevectors)")
        let logits = compareGradient(quantizer.dLogits, of: quantizer.logits) {
            _ = quantizer.forward()
            return softLoss(quantizer)
        }
        #expect(logits.relativeError() < gradientTolerance, "\(logits)")
    }

    /// The loss if codevectors were mixed by the soft sample.
    private func softLoss(_ quantizer: borrowing Case) -> Double {
        var sum = 0.0
        for row in 0..<7 {
            for entry in 0..<10 {
                for column in 0..<3 {
                    sum +=
                        Double(quantizer.samples[row, entry]) * Double(quantizer.codevectors[entry, column])
                        * Double(quantizer.dOutput[row, entry / 5 * 3 + column])
                }
            }
        }
        return sum
    }

    @Test("without a sample each group takes its largest logit, the first of equals")
    func mostProbable() {
        var arena = testArena()
        let (logits, output) = (arena.tensor(rows: 2, columns: 4), arena.unset(rows: 2, columns: 2))
        logits.copy(from: [1, 3, 5, 5, -1, -2, -4, -3])
        let codevectors = arena.tensor(rows: 4, columns: 1)
        codevectors.copy(from: [10, 11, 12, 13])
        let codebook = Codebook(codevectors: codevectors, groups: 2)
        let codes = gumbelQuantizerForward(logits, sample: nil, codebook: codebook, into: output)
        #expect(codes == [1, 0, 0, 1])
        #expect(output.array() == [11, 12, 10, 13])
    }

    @Test("a logit that is no number makes its frame's codevectors and samples none, and no other's")
    func notANumber() {
        let quantizer = Case()
        quantizer.logits[3, 7] = .nan
        quantizer.backward(quantizer.forward())
        for row in 0..<7 {
            let isFinite = row != 3
            #expect(allFinite(quantizer.output.rows(row..<row + 1)) == isFinite)
            #expect(allFinite(quantizer.dLogits.rows(row..<row + 1)) == isFinite)
        }
    }

    @Test("a soft sample tends to the hard one as the temperature falls")
    func temperature() {
        let quantizer = Case()
        quantizer.samples.copy(from: wave(70, phase: 1, amplitude: 3))
        let codes = gumbelQuantizerForward(
            quantizer.logits, sample: GumbelSample(quantizer.samples, temperature: 1e-3),
            codebook: quantizer.codebook, into: quantizer.output)
        for (block, code) in codes.enumerated() {
            #expect(abs(quantizer.samples[block * 5 + code] - 1) < 1e-6)
        }
    }
}
