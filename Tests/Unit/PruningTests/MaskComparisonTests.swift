import Pruning
import Testing

struct MaskComparisonTests {
    /// A mask with no period in sight.
    private func irregular(_ count: Int, shift: Int = 0) -> PruningMask {
        PruningMask(kept: (0..<count).map { ($0 + shift) * ($0 + shift) % 7 < 3 })
    }

    @Test("IOU is kept by both over kept by either, overlap kept by both over what the sparser keeps")
    func definitions() {
        let a = PruningMask(kept: [true, true, true, false, false])
        let b = PruningMask(kept: [true, false, false, true, false])
        let comparison = a.comparison(with: b)
        #expect(comparison.intersectionOverUnion == 1.0 / 4 && comparison.overlap == 1.0 / 2)
        // 3/5 · 2/5 · 5 of both, 5 - 1.2 of either.
        #expect(abs(comparison.expectedByChance - 1.2 / 3.8) < 1e-12)
        #expect(b.comparison(with: a).overlap == 1.0 / 2)
    }

    @Test("a mask agrees with itself; masks that keep nothing are alike")
    func extremes() {
        let some = PruningMask(kept: [true, false])
        let none = PruningMask(kept: [false, false])
        #expect(some.comparison(with: some).intersectionOverUnion == 1)
        #expect(some.comparison(with: none).intersectionOverUnion == 0)
        #expect(none.comparison(with: none).intersectionOverUnion == 1)
        #expect(none.comparison(with: none).overlap == 1)
    }

    @Test("counts are those of counting one by one, over the pool and any part of it")
    func counting() {
        for count in [0, 1, 63, 64, 65, 127, 128, 129, 1000] {
            let (left, right) = (irregular(count), irregular(count, shift: 3))
            for range in [0..<count, count / 3..<count, count / 2..<max(count / 2, count - 1)] {
                let comparison = left.comparison(with: right, in: range)
                #expect(comparison.total == range.count)
                #expect(comparison.keptByBoth == range.count { left[$0] && right[$0] })
                #expect(comparison.keptByEither == range.count { left[$0] || right[$0] })
            }
        }
    }
}
