internal import Tensors
package import Text

/// Resamples of a test set, by which error rates and their differences get intervals (Bisani and Ney, 2004, "Bootstrap
/// estimates for confidence intervals in ASR performance evaluation").
///
/// What is drawn, with replacement, is an utterance, or a speaker with all that they said; the errors of a resample
/// are divided by the tokens said in it. Draws are counted random numbers, so that the same set gives the same interval.
package struct ErrorBootstrap: Sendable {
    private static let resamples = 2000

    private let units: Int

    /// Of a set of so many utterances or speakers.
    package init(units: Int) { self.units = units }

    /// The 95 % percentile interval of the error rate; nil of fewer than two units, which tell nothing of others.
    package func interval(_ errors: [ErrorRate]) -> ClosedRange<Double>? {
        percentiles { total($0, errors).rate }
    }

    /// How sure it is that one model errs less than another on the same units.
    package struct Difference: Sendable, Equatable {
        /// The first rate less the second.
        package let rate: Double
        /// Its 95 % percentile interval.
        package let interval: ClosedRange<Double>
        /// The share of resamples in which the first model does not err less.
        package let shareNotBetter: Double
    }

    /// The difference of two models' rates, both on the same resamples; nil of fewer than two units.
    package func difference(_ first: [ErrorRate], _ second: [ErrorRate]) -> Difference? {
        var notBetter = 0
        let interval = percentiles { draw in
            let difference = total(draw, first).rate - total(draw, second).rate
            notBetter += difference < 0 ? 0 : 1
            return difference
        }
        guard let interval else { return nil }
        let everything = { (errors: [ErrorRate]) in errors.reduce(ErrorRate(), +).rate }
        return Difference(
            rate: everything(first) - everything(second), interval: interval,
            shareNotBetter: Double(notBetter) / Double(Self.resamples))
    }

    private func total(_ draw: [Int], _ errors: [ErrorRate]) -> ErrorRate {
        var (substitutions, deletions, insertions, correct) = (0, 0, 0, 0)
        for unit in draw {
            substitutions += errors[unit].substitutions
            deletions += errors[unit].deletions
            insertions += errors[unit].insertions
            correct += errors[unit].correct
        }
        return ErrorRate(counts: [substitutions, deletions, insertions, correct])
    }

    private func percentiles(_ statistic: ([Int]) -> Double) -> ClosedRange<Double>? {
        guard units > 1 else { return nil }
        let random = CountedRandom(seed: 1, stream: .bootstrap)
        var draw = [Int](repeating: 0, count: units)
        let values = (0..<Self.resamples).map { resample -> Double in
            for place in 0..<units {
                let share = random.uniform(at: UInt64(resample * units + place))
                draw[place] = min(units - 1, Int(share * Double(units)))
            }
            return statistic(draw)
        }.sorted()
        let tail = Int(0.025 * Double(Self.resamples))
        return values[tail]...values[Self.resamples - 1 - tail]
    }
}
