/// A number that an evaluation measures: how logs and recipes call it, how people read it, and which way is better.
package struct MetricSpec: Sendable, Hashable {
    /// The field of an `eval` event, and the value of `evaluation.metric`.
    package let name: String
    /// What tables call it.
    package let title: String
    /// What it is multiplied by where people read it.
    package let scale: Double
    /// What it is counted in then.
    package let unit: String
    /// Whether a larger number is a better one.
    package let higherIsBetter: Bool

    /// A metric.
    package init(name: String, title: String, scale: Double = 1, unit: String, higherIsBetter: Bool = false) {
        self.name = name
        self.title = title
        self.scale = scale
        self.unit = unit
        self.higherIsBetter = higherIsBetter
    }

    /// The share of words, or phones, that are wrong.
    package static let wordErrorRate = MetricSpec(name: "wer", title: "WER", scale: 100, unit: "%")
    /// The share of characters that are wrong.
    package static let characterErrorRate = MetricSpec(name: "cer", title: "CER", scale: 100, unit: "%")
    /// The share of examples whose class is right.
    package static let accuracy = MetricSpec(
        name: "accuracy", title: "accuracy", scale: 100, unit: "%", higherIsBetter: true)
    /// The harmonic mean of precision and recall: of class 1 where there are two, else the mean over classes.
    package static let f1 = MetricSpec(name: "f1", title: "F1", scale: 100, unit: "%", higherIsBetter: true)
    /// Matthews' correlation of classes and predictions.
    package static let matthews = MetricSpec(
        name: "matthews", title: "Matthews", scale: 100, unit: "%", higherIsBetter: true)
    /// Pearson's correlation of values and predictions.
    package static let pearson = MetricSpec(
        name: "pearson", title: "Pearson", scale: 100, unit: "%", higherIsBetter: true)
    /// Spearman's correlation of values and predictions.
    package static let spearman = MetricSpec(
        name: "spearman", title: "Spearman", scale: 100, unit: "%", higherIsBetter: true)
    /// The mean squared error per example.
    package static let squaredError = MetricSpec(name: "loss", title: "loss", unit: "squared, an example")
    /// The mean loss per item.
    package static func loss(per item: String) -> MetricSpec {
        MetricSpec(name: "loss", title: "loss", unit: "nats \(item)")
    }

    /// Title and unit, as an axis or the head of a column says them.
    package var heading: String { "\(title), \(unit)" }

    /// A value with its title and unit, as a line on the screen says it.
    package func shown(_ value: Double) -> String {
        let scaled = (value * scale * 100).rounded() / 100
        return unit == "%" ? "\(title) \(scaled) %" : "valid \(title) \(scaled)"
    }

    /// Whether a value is better than another; without another any finite one is.
    package func isBetter(_ value: Double, than other: Double?) -> Bool {
        higherIsBetter ? value > other ?? -.infinity : value < other ?? .infinity
    }
}

extension MetricSpec: RecipeConvertible {
    /// The metrics of all tasks, each name once.
    private static let all: [MetricSpec] = TaskKind.allCases.flatMap(\.choices).reduce(into: []) {
        all, metric in
        if !all.contains(where: { $0.name == metric.name }) { all.append(metric) }
    }

    package static var expectation: String {
        "one of " + all.map { "\"\($0.name)\"" }.joined(separator: ", ")
    }

    package init?(_ value: RecipeValue) {
        guard case .string(let name) = value, let metric = Self.all.first(where: { $0.name == name }) else {
            return nil
        }
        self = metric
    }

    package var recipeValue: RecipeValue { .string(name) }
}
