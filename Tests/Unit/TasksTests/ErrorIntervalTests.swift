import Reports
import Testing
import Text

@testable import Tasks

struct ErrorIntervalTests {
    /// Utterances of ten tokens, some wrong.
    private func errors(_ wrong: [Int]) -> [ErrorRate] {
        wrong.map { ErrorRate(counts: [$0, 0, 0, 10 - $0]) }
    }

    @Test("an interval is about the rate, as wide as the binomial's, and the same each time")
    func width() throws {
        let wrong = errors((0..<400).map { $0 % 4 == 0 ? 10 : 0 })
        let found = try #require(interval(of: wrong))
        // A quarter of 400 are wrong as wholes: 1.96 √(p (1 − p) / n); ±15 % for 2,000 resamples.
        let width = 2 * 1.96 * (0.25 * 0.75 / 400).squareRoot()
        #expect(found.contains(0.25) && abs(found.upperBound - found.lowerBound - width) < 0.15 * width)
        #expect(found == interval(of: wrong))
    }

    @Test("utterances with equal rates leave no uncertainty, and a single one gives no interval")
    func degenerate() {
        #expect(interval(of: errors([2, 2, 2, 2, 2, 2, 2])) == 0.2...0.2)
        #expect(interval(of: errors([2])) == nil && difference(of: errors([2]), errors([3])) == nil)
    }

    @Test("a difference is judged on the same resamples: a small one that is always there is clear")
    func paired() throws {
        let first = (0..<50).map { $0 % 8 }
        let always = try #require(difference(of: errors(first), errors(first.map { $0 + 1 })))
        #expect(abs(always.value + 0.1) < 1e-12 && always.isClear)
        #expect(abs(try #require(always.interval).upperBound + 0.1) < 1e-12)
        #expect(try #require(difference(of: errors(first), errors(first.reversed()))).isClear == false)
    }
}
