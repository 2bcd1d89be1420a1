/// Seconds since some fixed moment, unaffected by the wall clock being set.
package func monotonicSeconds() -> Double { monotonicSeconds(at: .now) }

/// The same at another instant.
package func monotonicSeconds(at instant: ContinuousClock.Instant) -> Double {
    let elapsed = (instant - Stopwatch.start).components
    return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
}

private enum Stopwatch {
    static let start = ContinuousClock.now
}
