internal import Program

/// The median seconds of `body`, after an uncounted first call.
///
/// - Parameter clock: The clock read, such as the processor's.
package func medianSeconds(
    _ repeats: Int, by clock: () -> Double = { monotonicSeconds() }, _ body: () throws -> Void
) rethrows -> Double {
    try body()
    var samples: [Double] = []
    for _ in 0..<repeats {
        let start = clock()
        try body()
        samples.append(clock() - start)
    }
    return median(samples)
}

/// The median of some values; 0 if there are none.
package func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// The seconds since an instant.
package func seconds(since start: ContinuousClock.Instant) -> Double {
    let elapsed = (ContinuousClock.now - start).components
    return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
}
