import Foundation
import Testing

@testable import Studies

struct ScaleStatisticsTests {
    @Test(
        "Student's quantiles are those of tables",
        arguments: [(1, 12.706), (4, 2.776), (10, 2.228), (11, 2.201), (30, 2.042), (100, 1.984)])
    func quantiles(degrees: Int, expected: Double) {
        // What the expansion's third term leaves, and the digits of tables.
        #expect(abs(MeanInterval.quantile(degrees: degrees) - expected) < 3e-3)
    }

    @Test("a mean has the interval of its launches, and one launch has none")
    func interval() {
        let interval = MeanInterval([1, 2, 3])
        #expect(interval.mean == 2)
        #expect(abs(interval.halfWidth - 4.303 / 3.0.squareRoot()) < 1e-12)
        #expect(MeanInterval([5]).halfWidth == .infinity)
    }

    /// Blom's formula: 5 % at 2, 1 % from 10 on.
    @Test(
        "the expected largest of normal numbers is that of tables",
        arguments: [(2, 0.5642), (3, 0.8463), (10, 1.5388), (100, 2.5076), (500, 3.0367)])
    func expectedMaxima(count: Int, expected: Double) {
        #expect(abs(expectedMaximum(of: count) / expected - 1) < (count < 10 ? 0.05 : 0.01))
        #expect(expectedMaximum(of: 1) == 0)
    }

    @Test("coefficients are recovered from their equations")
    func exactFit() {
        let truth = [0.25, 3.0, 1e-9]
        let equations = (1...8).map { index -> FitEquation in
            let terms = [1, Double(index), pow(10, Double(index))]
            return FitEquation(terms: terms, value: zip(truth, terms).reduce(0) { $0 + $1.0 * $1.1 })
        }
        for (found, expected) in zip(fitNonNegative(equations), truth) {
            #expect(abs(found / expected - 1) < 1e-6)
        }
    }

    @Test("no coefficient is negative, and terms that cannot be told apart are left out")
    func boundedFit() {
        let falling = [(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)].map { FitEquation(terms: [1, $0.0], value: $0.1) }
        let fitted = fitNonNegative(falling)
        #expect(fitted[0] > 0 && fitted[1] == 0)
        let twins = (1...3).map { FitEquation(terms: [Double($0), Double($0)], value: Double($0)) }
        #expect(abs(fitNonNegative(twins).reduce(0, +) - 1) < 1e-9)
        #expect(fitNonNegative(twins).contains(0))
        #expect(fitNonNegative([]).isEmpty)
    }

    @Test("a shuffle keeps all, depends on its round, and is repeatable")
    func shuffles() {
        let elements = Array(0..<20)
        let first = shuffled(elements, seed: 1, round: 1)
        #expect(first.sorted() == elements && first != elements)
        #expect(first == shuffled(elements, seed: 1, round: 1))
        #expect(first != shuffled(elements, seed: 1, round: 2))
    }
}
