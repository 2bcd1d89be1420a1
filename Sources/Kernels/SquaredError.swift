public import Tensors

/// Computes (x − y)² of each row's one value, and its gradient, 2 (x − y) · scale.
///
/// - Parameters:
///   - predictions: x, (N, 1).
///   - targets: y, one per row.
///   - scale: The factor of the gradient.
///   - losses: One per row; overwritten.
///   - dPredictions: (N, 1); overwritten. nil leaves it out.
public func squaredErrorLoss(
    predictions: Tensor, targets: [Float], scale: Float, losses: inout [Float], dPredictions: Tensor?
) {
    precondition(
        predictions.columns == 1 && targets.count == predictions.rows && losses.count == predictions.rows,
        "squared error of \(predictions.rows)×\(predictions.columns) and \(targets.count) targets")
    guard predictions.device == .cpu else { return }
    for (row, target) in targets.enumerated() {
        let difference = predictions[row] - target
        losses[row] = difference * difference
        if let dPredictions { dPredictions[row] = 2 * difference * scale }
    }
}
