/// Metrics of predictions.
public enum TextMetric: String, Sendable, Codable, CaseIterable {
    /// The share of correct examples.
    case accuracy
    /// The harmonic mean of precision and recall: of class 1 if there are two classes, else the mean over
    /// classes.
    case f1
    /// Matthews' correlation.
    case matthews
    /// Pearson's correlation.
    case pearson
    /// Spearman's correlation.
    case spearman
    /// The training loss.
    case loss
}
