internal import Recipe

/// A subject's results with several learning rates, on the validation set and for the first seed.
struct RateTrial: Sendable {
    let subject: ComparedSubject
    let rates: [Double]
    /// The metric's value for each rate, in order; nil if the run is unfinished or the metric undefined.
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
