/// A metric of evaluations: its name in logs and recipes, its presentation, and which direction is better.
package struct MetricSpec: Sendable, Hashable {
    /// The field of an `eval` event, and the value of `evaluation.metric`.
    package let name: String
    /// Its title in tables.
    package let title: String
    /// The factor for presentation.
    package let scale: Double
    /// The unit after scaling.
    package let unit: String
    /// Whether larger is better.
    package let higherIsBetter: Bool

    /// A metric.
    package init(name: String, title: String, scale: Double = 1, unit: String, higherIsBetter: Bool = false) {
        self.name = name
        self.title = title
        self.scale = scale
        self.unit = unit
        self.higherIsBetter = higherIsBetter
    }

    /// The word or phone error rate.
    package static let wordErrorRate = MetricSpec(name: "wer", title: "WER", scale: 100, unit: "%")
    /// The character error rate.
    package static let characterErrorRate = MetricSpec(name: "cer", title: "CER", scale: 100, unit: "%")
    /// The share of correctly classified examples.
    package static let accuracy = MetricSpec(
        name: "accuracy", title: "accuracy", scale: 100, unit: "%", higherIsBetter: true)
    /// The harmonic mean of precision and recall: of class 1 if there are two classes, else the mean over
    /// classes.
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

    /// Title and unit, for an axis or a column head.
    package var heading: String { "\(title), \(unit)" }

    /// A value with its title and unit, for a line of output.
    package func shown(_ value: Double) -> String {
        let scaled = (value * scale * 100).rounded() / 100
        return unit == "%" ? "\(title) \(scaled) %" : "valid \(title) \(scaled)"
    }

    /// Whether a value is better than another; any finite value is better than none.
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
