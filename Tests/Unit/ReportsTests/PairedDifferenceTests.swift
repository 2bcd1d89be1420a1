import Tensors
import Testing

@testable import Reports

struct PairedDifferenceTests {
    @Test("the interval of two pairs is that of their four resamples, and one pair has none")
    func counted() throws {
        let two = try #require(PairedDifference([1, 3]))
        #expect(two.value == 2 && two.count == 2)
        #expect(two.interval == 1...3)
        let one = try #require(PairedDifference([4]))
        #expect(one.value == 4 && one.interval == nil && !one.isClear)
        let example = try #require(PairedDifference(runs: 1, examples: 1) { _, _ in 4 })
        #expect(example.value == 4 && example.interval == nil)
        #expect(PairedDifference([]) == nil)
    }

    @Test("five pairs are resampled in all 3,125 ways, which give the percentiles")
    func percentiles() throws {
        // Four of five are 0: the mean of a resample is (how often the fifth is drawn) / 5, which is binomial of 5 and 1/5; P(0) is
        // 0.328 and P(at least 4) 0.007, P(at least 3) 0.058.
        let found = try #require(PairedDifference([0, 0, 0, 0, 1]))
        #expect(found.interval == 0...0.6)
        #expect(!found.isClear)
    }

    @Test("for many pairs the interval is as wide as the standard error's")
    func standardError() throws {
        let random = CountedRandom(seed: 7, stream: .bootstrap)
        let differences = (0..<400).map { 0.5 + random.normal(at: UInt64($0)) }
        let found = try #require(PairedDifference(differences))
        let mean = differences.reduce(0, +) / 400
        let error = (differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 400).squareRoot() / 20
        // The sampling error of a percentile of 10,000 resamples is about 3 % of a standard error; three of those.
        let interval = try #require(found.interval)
        #expect(abs(interval.upperBound - (mean + 1.96 * error)) < 0.1 * error)
        #expect(abs(interval.lowerBound - (mean - 1.96 * error)) < 0.1 * error)
        #expect(found == PairedDifference(differences))
    }

    @Test("an interval covers the truth in nearly 95 of 100 samples of thirty")
    func coverage() throws {
        var covered = 0
        for trial in 0..<200 {
            let random = CountedRandom(seed: 11, stream: .bootstrap, step: trial)
            let sample = (0..<30).map { random.normal(at: UInt64($0)) }
            let interval = Bootstrap.interval(count: 30, resamples: 1_000) { drawn in
                drawn.reduce(0) { $0 + sample[$1] } / 30
            }
            if try #require(interval).contains(0) { covered += 1 }
        }
        // Percentile intervals of thirty cover some 94 %; three standard errors of 200 trials are 5 %.
        #expect((178...198).contains(covered))
    }

    @Test(
        "a ratio is that of the sums of what is drawn, and pairs that no statistic is defined of are left out"
    )
    func ratio() throws {
        let (errors, words) = ([1.0, 0, 3], [4.0, 4, 8])
        let found = try #require(
            PairedDifference(count: 3) { drawn in
                drawn.reduce(0) { $0 + errors[$1] } / drawn.reduce(0) { $0 + words[$1] }
            })
        #expect(found.value == 0.25)
        #expect(found.interval == 0...0.375)
        #expect(PairedDifference(count: 2) { _ in .nan } == nil)
    }

    @Test("runs and examples vary each by itself: where one does not, the interval is the other's")
    func pigeonhole() throws {
        // 200 examples; each run has the same half right.
        let examples = try #require(
            PairedDifference(runs: 3, examples: 200) { runs, drawn in
                drawn.reduce(0) { $0 + Double($1 % 2) } / Double(drawn.count)
            })
        #expect(examples.value == 0.5 && examples.count == 3)
        // 1.96 standard errors of 200 draws of a half are 0.069; percentiles of 2,000 resamples are within 0.01.
        #expect(abs(try #require(examples.interval).upperBound - 0.569) < 0.01)
        let values = [1.0, 2, 6]
        let runs = try #require(
            PairedDifference(runs: 3, examples: 200) { drawn, _ in
                drawn.reduce(0) { $0 + values[$1] } / Double(drawn.count)
            })
        #expect(runs.value == 3)
        // One of 27 resamples is all ones, one all sixes: each 3.7 %, more than a tail.
        #expect(runs.interval == 1...6)
    }

    @Test("resamples of equally many runs on the same examples are paired: they may be subtracted")
    func samples() throws {
        let (first, second) = ([0.5, 0.25, 0.75], [0.25, 0.5, 0.5])
        func statistic(_ values: [Double]) -> ([Int], [Int]) -> Double {
            { runs, examples in
                runs.reduce(0) { $0 + values[$1] * Double(examples[0]) } / Double(runs.count)
            }
        }
        let samples = [first, second].map {
            Bootstrap.samples(runs: 3, examples: 8, statistic: statistic($0))
        }
        // Sums and differences of quarters and eighths, divided by 3: equal but for rounding.
        let differences = zip(first, second).map { $0 - $1 }
        let whole = try #require(
            PairedDifference(runs: 3, examples: 8, statistic: statistic(differences))?.interval)
        let subtracted = try #require(
            PairedDifference(
                runs: 3, examples: 8, value: 0, samples: zip(samples[0], samples[1]).map { $0 - $1 })?
                .interval)
        #expect(abs(whole.lowerBound - subtracted.lowerBound) < 1e-12)
        #expect(abs(whole.upperBound - subtracted.upperBound) < 1e-12)
    }
}
