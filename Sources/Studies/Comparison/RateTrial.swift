internal import Recipe

/// What several learning rates gave a subject, on the validation set and for the first seed.
struct RateTrial: Sendable {
    let subject: ComparedSubject
    let rates: [Double]
    /// The metric that methods are compared by, in the order of the rates; nil where a run is not finished or its metric not defined.
    let values: [Double?]

    /// The rate with the best value, the first of equal ones; nil if no run is finished.
    func best(by metric: MetricSpec) -> Double? {
        var best: (rate: Double, value: Double)?
        for (rate, value) in zip(rates, values) {
            if let value, metric.isBetter(value, than: best?.value) { best = (rate, value) }
        }
        return best?.rate
    }
}
