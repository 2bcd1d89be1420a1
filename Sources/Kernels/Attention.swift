internal import CMath
public import Tensors

// T: packed frames. H: hidden size = heads × head size. F: frames of one utterance.

/// Computes dropout(softmax(q kᵀ / √headSize)) v for each utterance and head (Vaswani et al., 2017, section
/// 3.2.1).
///
/// Scores are computed block by block and never all at once (Dao et al., 2022), so that memory grows with F and not
/// with F².
///
/// - Parameters:
///   - query: (queries, H); heads side by side. All frames, or those from `first` on.
///   - first: The packed frame of the first query.
///   - key: (T, H).
///   - value: (T, H).
///   - dropout: For the probabilities, indexed (head, row, column) within an utterance. nil drops nothing.
///   - arena: Scratch for a few blocks per thread.
///   - logSumExp: (heads, queries); overwritten, from which backward recomputes the probabilities.
///   - context: (queries, H), of the query's precision; overwritten.
public func attentionForward(
    query: Matrix, from first: Int = 0, key: Matrix, value: Matrix, packing: PackedRows, headCount: Int,
    dropout: Dropout?, arena: inout Arena, logSumExp: Tensor, into context: Matrix
) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let shape = HeadExtents(query, headCount: headCount)
    let scratch = shape.scratch(longest: packing.longest, isBackward: false, arena: &arena)
    guard context.device == .cpu else { return }
    let window = first..<first + query.rows
    for utterance in 0..<packing.count where packing[utterance].overlaps(window) {
        let (keys, queries) = (packing[utterance], packing[utterance].clamped(to: window))
        parallelParts(headCount, grain: shape.grain(queries.count * keys.count)) { part, heads in
            for head in heads {
                let row = queries.lowerBound - first
                parp_attention_forward(
                    shape.head(
                        head, query: (query, queries.lowerBound - first, queries.count), key: key,
                        value: value, keys: keys, firstQuery: queries.lowerBound - keys.lowerBound,
                        dropout?.rule(utterance: utterance, from: head * keys.count * keys.count)),
                    scratch.rows(part..<part + 1).pointer, logSumExp.pointer + head * query.rows + row,
                    shape.address(context, row, head))
            }
        }
    }
}

/// Writes dQuery, dKey and dValue; probabilities and dropout are recomputed.
///
/// With p the probabilities after dropout and dP = dContext vᵀ: dv = pᵀ dContext and dScores = p₀ ∘ (mask ∘
/// dP − Σ p ∘ dP), the sum over keys, which is that of context ∘ dContext over the head's columns.
///
/// - Parameters:
///   - dContext: (T, H).
///   - context: (T, H), as forward wrote it.
///   - logSumExp: (heads, T), as forward wrote it.
///   - arena: Scratch for three times a head's frames, and a few blocks, per thread.
///   - dQuery: (T, H); overwritten, as are `dKey` and `dValue`; all of the query's precision.
public func attentionBackward(
    _ dContext: Matrix, query: Matrix, key: Matrix, value: Matrix, context: Matrix, packing: PackedRows,
    headCount: Int, dropout: Dropout?, logSumExp: Tensor, arena: inout Arena, dQuery: Matrix, dKey: Matrix,
    dValue: Matrix
) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let shape = HeadExtents(query, headCount: headCount)
    let scratch = shape.scratch(longest: packing.longest, isBackward: true, arena: &arena)
    guard dQuery.device == .cpu else { return }
    for utterance in 0..<packing.count where packing.length(utterance) > 0 {
        let rows = packing[utterance]
        let first = rows.lowerBound
        parallelParts(headCount, grain: shape.grain(rows.count * rows.count)) { part, heads in
            for head in heads {
                parp_attention_backward(
                    shape.head(
                        head, query: (query, first, rows.count), key: key, value: value, keys: rows,
                        firstQuery: 0,
                        dropout?.rule(utterance: utterance, from: head * rows.count * rows.count)),
                    shape.address(context, first, head), shape.address(dContext, first, head),
                    logSumExp.pointer + head * query.rows + first,
                    scratch.rows(part..<part + 1).pointer, shape.address(dQuery, first, head),
                    shape.address(dKey, first, head), shape.address(dValue, first, head))
            }
        }
    }
}

extension HeadExtents {
    /// One row of scratch for each thread, for utterances of at most `longest` frames.
    fileprivate func scratch(longest: Int, isBackward: Bool, arena: inout Arena) -> Tensor {
        arena.tensor(
            rows: parallelPartCount(headCount, grain: 1),
            columns: Int(parp_attention_scratch(Int64(longest), Int64(headSize), isBackward ? 1 : 0)))
    }

    /// One head of an utterance, of its queries from a row of `query` on.
    fileprivate func head(
        _ head: Int, query: (matrix: Matrix, row: Int, count: Int), key: Matrix, value: Matrix,
        keys: Range<Int>, firstQuery: Int, _ dropout: parp_dropout_rule?
    ) -> parp_attention {
        parp_attention(
            query: address(query.matrix, query.row, head), key: address(key, keys.lowerBound, head),
            value: address(value, keys.lowerBound, head), stride: Int64(hiddenSize),
            element: precision.element, scale: scale,
            queries: Int64(query.count), keys: Int64(keys.count), head_size: Int64(headSize),
            first_query: Int64(firstQuery), dropout: dropout ?? .none)
    }
}
