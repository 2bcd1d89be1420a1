package import Recipe
package import Text

/// A model's outcome on each evaluated example, so that a metric can be computed for any selection of them.
package enum ExampleOutcomes: Sendable, Equatable, Codable {
    /// Each example's class and the predicted one, out of `count`.
    case classes(count: Int, labels: [Int], predictions: [Int])
    /// Each example's number and the predicted one.
    case values(labels: [Double], predictions: [Double])
    /// Each utterance's errors.
    case errors(words: [ErrorRate], characters: [ErrorRate])

    /// The examples.
    package var count: Int {
        switch self {
        case .classes(_, let labels, _): labels.count
        case .values(let labels, _): labels.count
        case .errors(let words, _): words.count
        }
    }

    /// A metric of the drawn examples, given by index; NaN if undefined, and for a loss.
    package func value(of metric: MetricSpec, over drawn: some Sequence<Int>) -> Double {
        switch self {
        case .classes(let count, let labels, let predictions):
            var confusion = ConfusionMatrix(classCount: count)
            for index in drawn { confusion.add(label: labels[index], prediction: predictions[index]) }
            return switch metric {
            case .accuracy: confusion.accuracy
            case .f1: confusion.f1
            case .matthews: confusion.matthews
            default: .nan
            }
        case .values(let labels, let predictions):
            let (expected, found) = (drawn.map { labels[$0] }, drawn.map { predictions[$0] })
            return switch metric {
            case .pearson: pearsonCorrelation(expected, found) ?? .nan
            case .spearman: spearmanCorrelation(expected, found) ?? .nan
            default: .nan
            }
        case .errors(let words, let characters):
            guard let errors = [.wordErrorRate: words, .characterErrorRate: characters][metric] else {
                return .nan
            }
            var (wrong, said) = (0, 0)
            for index in drawn {
                wrong += errors[index].errors
                said += errors[index].referenceLength
            }
            return said > 0 ? Double(wrong) / Double(said) : .nan
        }
    }

    /// A metric of all examples.
    package func value(of metric: MetricSpec) -> Double { value(of: metric, over: 0..<count) }
}
