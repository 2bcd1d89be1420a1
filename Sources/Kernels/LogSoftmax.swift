internal import CMath
public import Tensors

/// Computes y = x − log Σ exp(x) of each row.
///
/// - Parameters:
///   - logits: (T, V).
///   - output: (T, V); overwritten, may be the input.
public func logSoftmaxForward(_ logits: Tensor, into output: Tensor) {
    precondition(logits.count == output.count, "log-softmax of \(logits.count) into \(output.count)")
    let V = logits.columns
    guard output.device == .cpu else { return }
    parallelFor(logits.rows, grain: 64) { rows in
        for row in rows {
            let (from, to) = (logits.pointer + row * V, output.pointer + row * V)
            var maximum: Float = 0
            let logSum = parp_log_sum_exp(from, Int64(V), &maximum)
            for column in 0..<V { to[column] = from[column] - maximum - logSum }
        }
    }
}
