import Recipe
import Testing

@testable import Training

struct SnapshotTests {
    private func kept(_ metrics: [Double?], of kind: AveragedModels, by metric: MetricSpec) -> [Int] {
        var held: [ModelSnapshot] = []
        for (index, value) in metrics.enumerated() {
            held = keptSnapshots(
                held, adding: ModelSnapshot(update: index + 1, metric: value), count: 3, of: kind, by: metric)
        }
        return held.map(\.update)
    }

    @Test("the last are the last")
    func last() {
        #expect(kept([0.1, 0.2, 0.3, 0.4, 0.5], of: .last, by: .wordErrorRate) == [3, 4, 5])
    }

    @Test("the best are those of the lowest error rates, or of the highest accuracies")
    func best() {
        #expect(kept([0.5, 0.2, 0.4, 0.3, 0.9], of: .best, by: .wordErrorRate) == [2, 3, 4])
        #expect(kept([0.5, 0.2, 0.4, 0.3, 0.9], of: .best, by: .accuracy) == [1, 3, 5])
    }

    @Test("of equals the later one stays, and NaN goes first")
    func ties() {
        #expect(kept([0.3, 0.3, 0.3, 0.3], of: .best, by: .wordErrorRate) == [2, 3, 4])
        #expect(kept([nil, 0.9, 0.8, 0.7, nil], of: .best, by: .wordErrorRate) == [2, 3, 4])
    }
}
