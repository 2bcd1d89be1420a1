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

/// Writes dLogits = dy − softmax · Σ dy of each row.
///
/// - Parameters:
///   - dOutput: (T, V).
///   - output: (T, V), as forward wrote it.
///   - dLogits: (T, V); overwritten, may be `dOutput`.
public func logSoftmaxBackward(_ dOutput: Tensor, output: Tensor, into dLogits: Tensor) {
    let V = output.columns
    guard dLogits.device == .cpu else { return }
    parallelFor(output.rows, grain: 64) { rows in
        for row in rows {
            let (dy, y) = (dOutput.rows(row..<row + 1), output.pointer + row * V)
            let total = dy.buffer.reduce(0, +)
            let to = dLogits.pointer + row * V
            // exp(y): the probabilities, scaled in place of a buffer of their own.
            for column in 0..<V {
                var probability: Float = 0
                parp_exp_shifted(y + column, &probability, 1, 0)
                to[column] = dy[column] - probability * total
            }
        }
    }
}
