internal import CMath
public import Tensors

/// Computes −ln softmax(x)[target] of each row, and its gradient, (softmax(x) − onehot(target)) · scale.
///
/// - Parameters:
///   - logits: x, (N, K).
///   - targets: One class per row.
///   - scale: The factor of the gradient.
///   - losses: One per row, in nats; overwritten.
///   - dLogits: (N, K); overwritten, may be `logits`. nil leaves it out.
public func crossEntropyLoss(
    logits: Tensor, targets: [Int], scale: Float, losses: inout [Float], dLogits: Tensor?
) {
    let K = logits.columns
    precondition(
        targets.count == logits.rows && losses.count == logits.rows,
        "cross-entropy of \(logits.rows) rows, \(targets.count) targets, \(losses.count) losses")
    guard logits.device == .cpu else { return }
    for (row, target) in targets.enumerated() {
        precondition(target >= 0 && target < K, "class \(target) of \(K)")
        let x = logits.pointer + row * K
        var maximum: Float = 0
        let logSum = parp_log_sum_exp(x, Int64(K), &maximum)
        losses[row] = logSum - (x[target] - maximum)
        guard let dLogits else { continue }
        let dx = dLogits.pointer + row * K
        parp_exp_shifted(x, dx, Int64(K), maximum + logSum)
        dx[target] -= 1
        parp_scale(dx, scale, Int64(K))
    }
}
