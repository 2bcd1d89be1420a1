package import Reports
package import Text

// Intervals of error rates (Bisani and Ney, 2004, "Bootstrap estimates for confidence intervals in ASR performance evaluation").
// What is drawn is an utterance, or a speaker with all that they said; the errors of what was drawn are divided by its tokens.

/// Resamples: so many leave the bounds of an interval uncertain by less than a twentieth of its width.
private let resamples = 2_000

/// The 95 % interval of an error rate; nil of fewer than two units, which tell nothing of others.
package func interval(of errors: [ErrorRate]) -> ClosedRange<Double>? {
    guard errors.count > 1 else { return nil }
    return Bootstrap.interval(count: errors.count, resamples: resamples) { rate(of: errors, $0) }
}

/// By how much one model errs more than another on the same units, both on the same resamples; nil of fewer than two.
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
