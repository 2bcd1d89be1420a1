internal import CMath
public import Tensors

// T: packed frames. H: hidden size = heads × head size. F: frames of one utterance.

/// Computes softmax(q kᵀ / √headSize) v for each utterance and head (Vaswani et al., 2017, section 3.2.1).
///
/// - Parameters:
///   - query: (T, H); heads lie side by side.
///   - key: (T, H).
///   - value: (T, H).
///   - dropoutRate: Of the probabilities.
///   - keys: One an utterance; may be empty where the rate is 0.
///   - arena: Scratch for the F² scores of one head.
///   - logSumExp: (heads, T); overwritten, from which backward recomputes the probabilities.
///   - context: (T, H); overwritten.
public func attentionForward(
    query: Tensor, key: Tensor, value: Tensor, packing: PackedRows, headCount: Int, dropoutRate: Float,
    keys: [UInt64], arena: inout Arena, logSumExp: Tensor, into context: Tensor
) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let shape = AttentionShape(query, headCount: headCount)
    let buffer = arena.vector(packing.longest * packing.longest)
    for utterance in 0..<packing.count {
        let rows = packing[utterance]
        let F = rows.count
        let scores = buffer.elements(0..<F * F).reshaped(rows: F, columns: F)
        for head in 0..<headCount {
            shape.scores(query, key, rows: rows, head: head, into: scores)
            let statistics = logSumExp.rows(head..<head + 1).elements(rows)
            parallelFor(F, grain: 16) { range in
                for row in range {
                    let score = scores.pointer + row * F
                    var maximum: Float = 0
                    let logSum = parp_log_sum_exp(score, Int64(F), &maximum)
                    statistics[row] = maximum + logSum
                    parp_exp_shifted(score, score, Int64(F), statistics[row])
                }
            }
            if dropoutRate > 0 {
                let dropout = DropoutRule(rate: dropoutRate)
                parallelFor(F, grain: 16) { range in
                    let start = range.lowerBound * F
                    parp_dropout(
                        scores.pointer + start, scores.pointer + start, Int64(range.count * F),
                        UInt32(truncatingIfNeeded: head * F * F + start), keys[utterance],
                        dropout.threshold, dropout.scale)
                }
            }
            matrixMultiply(
                MatrixOperand(scores), shape.operand(value, rows, head), m: F, n: shape.headSize, k: F,
                into: shape.operand(context, rows, head))
        }
    }
}

/// Writes dQuery, dKey and dValue; probabilities and dropout are recomputed.
///
/// With p the probabilities after dropout and dP = dContext vᵀ: dv = pᵀ dContext and dScores = p₀ ∘ (mask ∘
/// dP − Σ dContext ∘ context), whose sum is that over keys of p ∘ dP.
///
/// - Parameters:
///   - dContext: (T, H).
///   - context: (T, H), as forward wrote it.
///   - logSumExp: (heads, T), as forward wrote it.
///   - arena: Scratch for twice the F² scores of one head.
///   - dQuery: (T, H); overwritten, as are `dKey` and `dValue`.
public func attentionBackward(
    _ dContext: Tensor, query: Tensor, key: Tensor, value: Tensor, packing: PackedRows, headCount: Int,
    dropoutRate: Float, keys: [UInt64], context: Tensor, logSumExp: Tensor, arena: inout Arena,
    dQuery: Tensor, dKey: Tensor, dValue: Tensor
) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let shape = AttentionShape(query, headCount: headCount)
    let dropout = DropoutRule(rate: dropoutRate)
    let area = packing.longest * packing.longest
    let (scoreBuffer, gradientBuffer) = (arena.vector(area), arena.vector(area))
    for utterance in 0..<packing.count {
        let rows = packing[utterance]
        let F = rows.count
        let scores = scoreBuffer.elements(0..<F * F).reshaped(rows: F, columns: F)
        let dScores = gradientBuffer.elements(0..<F * F).reshaped(rows: F, columns: F)
        let utteranceKey = keys.isEmpty ? 0 : keys[utterance]
        for head in 0..<headCount {
            shape.scores(query, key, rows: rows, head: head, into: scores)
            matrixMultiply(
                shape.operand(dContext, rows, head), shape.operand(value, rows, head, transposed: true),
                m: F, n: F, k: shape.headSize, into: MatrixOperand(dScores))
            parallelFor(F, grain: 16) { range in
                for row in range {
                    let place = (rows.lowerBound + row) * shape.hiddenSize + head * shape.headSize
                    let delta = parp_dot(
                        dContext.pointer + place, context.pointer + place, Int64(shape.headSize))
                    parp_attention_row_backward(
                        scores.pointer + row * F, dScores.pointer + row * F, Int64(F),
                        logSumExp[head, rows.lowerBound + row], Float(delta),
                        UInt32(truncatingIfNeeded: head * F * F + row * F), utteranceKey,
                        dropout.threshold, dropout.scale)
                }
            }
            shape.distribute(
                scores, dScores, dContext: shape.operand(dContext, rows, head),
                query: shape.operand(query, rows, head), key: shape.operand(key, rows, head),
                dQuery: shape.operand(dQuery, rows, head), dKey: shape.operand(dKey, rows, head),
                dValue: shape.operand(dValue, rows, head))
        }
    }
}

/// The extents of a head, and the products that both directions share.
private struct AttentionShape {
    let hiddenSize: Int
    let headSize: Int
    let scale: Float

    init(_ query: Tensor, headCount: Int) {
        precondition(query.columns % headCount == 0, "\(query.columns) channels in \(headCount) heads")
        hiddenSize = query.columns
        headSize = query.columns / headCount
        scale = 1 / Float(headSize).squareRoot()
    }

    /// A head's columns of an utterance's rows.
    func operand(_ tensor: Tensor, _ rows: Range<Int>, _ head: Int, transposed: Bool = false) -> MatrixOperand
    {
        MatrixOperand(
            tensor, offset: rows.lowerBound * hiddenSize + head * headSize, stride: hiddenSize,
            transposed: transposed)
    }

    /// The scaled products of all queries and keys: (F, F).
    func scores(_ query: Tensor, _ key: Tensor, rows: Range<Int>, head: Int, into scores: Tensor) {
        matrixMultiply(
            operand(query, rows, head), operand(key, rows, head, transposed: true), m: rows.count,
            n: rows.count, k: headSize, alpha: scale, into: MatrixOperand(scores))
    }

    /// The gradients of value, query and key from probabilities and the gradients of scores, both (F, F).
    func distribute(
        _ probabilities: Tensor, _ dScores: Tensor, dContext: MatrixOperand, query: MatrixOperand,
        key: MatrixOperand, dQuery: MatrixOperand, dKey: MatrixOperand, dValue: MatrixOperand
    ) {
        let F = probabilities.rows
        matrixMultiply(
            MatrixOperand(probabilities, transposed: true), dContext, m: F, n: headSize, k: F, into: dValue)
        matrixMultiply(
            MatrixOperand(dScores), key, m: F, n: headSize, k: F, alpha: scale, into: dQuery)
        matrixMultiply(
            MatrixOperand(dScores, transposed: true), query, m: F, n: headSize, k: F, alpha: scale,
            into: dKey)
    }
}
