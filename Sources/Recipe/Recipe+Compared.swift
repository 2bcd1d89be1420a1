internal import Pruning

extension Recipe {
    /// Updates of the run.
    package var updates: Int { schedule.updates }
    /// The metric that selects the best model.
    package var metric: MetricSpec { evaluation.metric }
    /// The sparsity at which PARP-P starts.
    package var startSparsity: Double { pruning.startSparsity.stated ?? Pruning.progressiveStart }
    /// The source of the first mask, as in a recipe.
    package var initialMask: String { pruning.initialMask.text }
    /// Whether biases are in the pool.
    package var prunesBiases: Bool { pruning.includeBiases }
    /// The manifests to train on and to evaluate on.
    package var manifests: (train: String, valid: String) { (data.train, data.valid) }
}
