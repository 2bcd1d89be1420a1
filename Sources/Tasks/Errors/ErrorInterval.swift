package import Reports
package import Text

// Intervals of error rates (Bisani and Ney, 2004, "Bootstrap estimates for confidence intervals in ASR performance evaluation").
// The unit drawn is an utterance, or a speaker with all their utterances; the errors of the sample are
// divided by its tokens.

/// Resamples: with this many, an interval's bounds are uncertain by less than a twentieth of its width.
private let resamples = 2_000

/// The 95 % interval of an error rate; nil for fewer than two units, which say nothing about others.
package func interval(of errors: [ErrorRate]) -> ClosedRange<Double>? {
    guard errors.count > 1 else { return nil }
    return Bootstrap.interval(count: errors.count, resamples: resamples) { rate(of: errors, $0) }
}

/// The difference of two models' error rates on the same units and resamples; nil for fewer than two units.
package func difference(of errors: [ErrorRate], _ others: [ErrorRate]) -> PairedDifference? {
    guard errors.count > 1 else { return nil }
    return PairedDifference(count: errors.count) { rate(of: errors, $0) - rate(of: others, $0) }
}

private func rate(of errors: [ErrorRate], _ drawn: [Int]) -> Double {
    var (wrong, said) = (0, 0)
    for unit in drawn {
        wrong += errors[unit].errors
        said += errors[unit].referenceLength
    }
    return said > 0 ? Double(wrong) / Double(said) : .nan
}
