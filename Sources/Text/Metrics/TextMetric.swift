/// What predictions are measured by.
public enum TextMetric: String, Sendable, Codable, CaseIterable {
    /// The share of examples that are right.
    case accuracy
    /// The harmonic mean of precision and recall: of class 1 where there are two, else the mean over classes.
    case f1
    /// Matthews' correlation.
    case matthews
    /// Pearson's correlation.
    case pearson
    /// Spearman's correlation.
    case spearman
    /// The loss that is trained on.
    case loss
}
