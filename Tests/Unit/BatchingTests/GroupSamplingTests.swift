import Batching
import Tensors
import Testing

struct GroupSamplingTests {
    /// Two seconds each: 40 of one language, 20 of another, 10 of none.
    private let items: [BatchItem] = (0..<70).map { index in
        let language = index < 40 ? "es" : index < 60 ? "fr" : nil
        return BatchItem(id: "\(index)", cost: 2, group: language)
    }

    /// How often an epoch, or several, hold each utterance.
    private func counts(alpha: Double, epochs: Range<Int>, seed: UInt64 = 1) -> [Int] {
        var counts = [Int](repeating: 0, count: items.count)
        for epoch in epochs {
            let plan = EpochPlan(
                items: items, seed: seed, epoch: epoch, batchCost: 12, samplingAlpha: alpha)
            for index in plan.batches.joined() { counts[index] += 1 }
        }
        return counts
    }

    private func sums(_ counts: [Int]) -> [Int] {
        [counts[..<40], counts[40..<60], counts[60...]].map { $0.reduce(0, +) }
    }

    @Test("with 1 every epoch holds everything once, as without balance")
    func unbalanced() {
        #expect(counts(alpha: 1, epochs: 0..<3).allSatisfy { $0 == 3 })
        let plain = EpochPlan(items: items, seed: 4, epoch: 2, batchCost: 12)
        let balanced = EpochPlan(
            items: items, seed: 4, epoch: 2, batchCost: 12, samplingAlpha: 1)
        #expect(plain == balanced)
    }

    @Test("with 0 all languages are heard alike, with 1/2 in proportion to the root of their seconds")
    func balanced() {
        // Over 40 epochs each share is exact but for a start and an end of each utterance.
        let equal = sums(counts(alpha: 0, epochs: 0..<40))
        #expect(equal[2] == 400)
        #expect(abs(equal[0] - 400) <= 40 && abs(equal[1] - 400) <= 20)
        let roots = sums(counts(alpha: 0.5, epochs: 0..<40))
        #expect(roots[2] == 400)
        #expect(abs(Double(roots[0]) - 800) <= 40)
        #expect(abs(Double(roots[1]) - 400 * 2.0.squareRoot()) <= 20)
    }

    @Test("no utterance comes twice in an epoch, and over epochs those of a language are heard equally often")
    func even() {
        for epoch in 0..<8 {
            #expect(counts(alpha: 0, epochs: epoch..<epoch + 1).allSatisfy { $0 <= 1 })
        }
        let counts = counts(alpha: 0, epochs: 0..<22)
        for language in [counts[..<40], counts[40..<60]] {
            #expect((language.max() ?? 0) - (language.min() ?? 0) <= 1)
        }
    }

    @Test("what an epoch holds is a function of seed and epoch")
    func pure() {
        #expect(counts(alpha: 0.3, epochs: 5..<6) == counts(alpha: 0.3, epochs: 5..<6))
        #expect(counts(alpha: 0.3, epochs: 5..<6) != counts(alpha: 0.3, epochs: 6..<7))
        #expect(counts(alpha: 0.3, epochs: 5..<6) != counts(alpha: 0.3, epochs: 5..<6, seed: 2))
    }
}
