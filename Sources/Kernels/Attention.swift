internal import CMath
public import Tensors

// T: packed frames. H: hidden size = heads × head size. F: frames of one utterance.

/// Computes dropout(softmax(q kᵀ / √headSize)) v for each utterance and head (Vaswani et al., 2017, section
/// 3.2.1).
///
/// - Parameters:
///   - query: (T, H); heads lie side by side.
///   - key: (T, H).
///   - value: (T, H).
///   - dropout: Of the probabilities, whose place in an utterance is (head, row, column). nil drops nothing.
///   - arena: Scratch for the F² scores and probabilities of one head a thread.
///   - logSumExp: (heads, T); overwritten, from which backward recomputes the probabilities.
///   - context: (T, H), of the query's precision; overwritten.
public func attentionForward(
    query: Matrix, key: Matrix, value: Matrix, packing: PackedRows, headCount: Int, dropout: Dropout?,
    arena: inout Arena, logSumExp: Tensor, into context: Matrix
) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let shape = AttentionShape(query, headCount: headCount)
    let scratch = AttentionScratch(packing, shape, buffers: 1, arena: &arena)
    for utterance in 0..<packing.count where packing.length(utterance) > 0 {
        let rows = packing[utterance]
        let F = rows.count
        parallelParts(headCount, grain: shape.grain(F)) { part, heads in
            let scores = scratch.scores(part, 0, F)
            let probabilities = scratch.probabilities(part, 0, F)
            for head in heads {
                shape.scores(query, key, rows: rows, head: head, into: scores)
                for row in 0..<F {
                    logSumExp[head, rows.lowerBound + row] = parp_attention_row_forward(
                        scores.pointer + row * F, probabilities.address(row * F),
                        probabilities.precision.element, Int64(F), shape.scale,
                        shape.rule(dropout, utterance, head: head, row: row, F))
                }
                matrixMultiply(
                    MatrixOperand(probabilities), shape.operand(value, rows, head), m: F, n: shape.headSize,
                    k: F, splits: false, into: shape.operand(context, rows, head))
            }
        }
    }
}

/// Writes dQuery, dKey and dValue; probabilities and dropout are recomputed.
///
/// With p the probabilities after dropout and dP = dContext vᵀ: dv = pᵀ dContext and dScores = p₀ ∘ (mask ∘
/// dP − Σ p ∘ dP), the sum over keys.
///
/// - Parameters:
///   - dContext: (T, H).
///   - logSumExp: (heads, T), as forward wrote it.
///   - arena: Scratch for twice what forward needs.
///   - dQuery: (T, H); overwritten, as are `dKey` and `dValue`; all of the query's precision.
public func attentionBackward(
    _ dContext: Matrix, query: Matrix, key: Matrix, value: Matrix, packing: PackedRows, headCount: Int,
    dropout: Dropout?, logSumExp: Tensor, arena: inout Arena, dQuery: Matrix, dKey: Matrix, dValue: Matrix
) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let shape = AttentionShape(query, headCount: headCount)
    let scratch = AttentionScratch(packing, shape, buffers: 2, arena: &arena)
    for utterance in 0..<packing.count where packing.length(utterance) > 0 {
        let rows = packing[utterance]
        let F = rows.count
        parallelParts(headCount, grain: shape.grain(F)) { part, heads in
            let (scores, dScores) = (scratch.scores(part, 0, F), scratch.scores(part, 1, F))
            let (p, dS) = (scratch.probabilities(part, 0, F), scratch.probabilities(part, 1, F))
            for head in heads {
                shape.scores(query, key, rows: rows, head: head, into: scores)
                matrixMultiply(
                    shape.operand(dContext, rows, head), shape.operand(value, rows, head, transposed: true),
                    m: F, n: F, k: shape.headSize, splits: false, into: MatrixOperand(dScores))
                for row in 0..<F {
                    parp_attention_row_backward(
                        scores.pointer + row * F, dScores.pointer + row * F, p.address(row * F),
                        dS.address(row * F), p.precision.element, Int64(F), shape.scale,
                        logSumExp[head, rows.lowerBound + row],
                        shape.rule(dropout, utterance, head: head, row: row, F))
                }
                shape.product(MatrixOperand(p, transposed: true), dContext, rows, head, into: dValue)
                shape.product(MatrixOperand(dS), key, rows, head, into: dQuery)
                shape.product(MatrixOperand(dS, transposed: true), query, rows, head, into: dKey)
            }
        }
    }
}

/// The extents of a head, and where its operands lie.
struct AttentionShape: Sendable {
    let hiddenSize: Int
    let headSize: Int
    let headCount: Int
    let scale: Float
    let precision: GEMMPrecision

    init(_ query: Matrix, headCount: Int) {
        precondition(query.columns % headCount == 0, "\(query.columns) channels in \(headCount) heads")
        hiddenSize = query.columns
        headSize = query.columns / headCount
        self.headCount = headCount
        scale = 1 / Float(headSize).squareRoot()
        precision = query.precision
    }

    /// Heads that a thread should have at least: some hundred microseconds.
    func grain(_ F: Int) -> Int { max(1, 16_384 / (F * F)) }

    /// A head's columns of an utterance's rows.
    func operand(_ matrix: Matrix, _ rows: Range<Int>, _ head: Int, transposed: Bool = false) -> MatrixOperand
    {
        MatrixOperand(
            matrix, offset: rows.lowerBound * hiddenSize + head * headSize, stride: hiddenSize,
            transposed: transposed)
    }

    /// The products of all queries and keys, not yet scaled: (F, F).
    func scores(_ query: Matrix, _ key: Matrix, rows: Range<Int>, head: Int, into scores: Tensor) {
        matrixMultiply(
            operand(query, rows, head), operand(key, rows, head, transposed: true), m: rows.count,
            n: rows.count, k: headSize, splits: false, into: MatrixOperand(scores))
    }

    /// The product of (F, F) numbers with a head's columns of an utterance's rows, into as many: (F, head size).
    func product(_ a: MatrixOperand, _ b: Matrix, _ rows: Range<Int>, _ head: Int, into c: Matrix) {
        matrixMultiply(
            a, operand(b, rows, head), m: rows.count, n: headSize, k: rows.count, splits: false,
            into: operand(c, rows, head))
    }

    /// The dropout of one row of probabilities.
    func rule(_ dropout: Dropout?, _ utterance: Int, head: Int, row: Int, _ F: Int) -> parp_dropout_rule {
        dropout?.rule(utterance: utterance, from: head * F * F + row * F) ?? .none
    }
}

/// One head's scores and probabilities for each thread, `buffers` times; in float32 they share their memory.
struct AttentionScratch: Sendable {
    private let tensors: Tensor
    private let matrices: Matrix
    private let area: Int
    private let buffers: Int

    init(_ packing: PackedRows, _ shape: AttentionShape, buffers: Int, arena: inout Arena) {
        area = packing.longest * packing.longest
        self.buffers = buffers
        let parts = parallelPartCount(shape.headCount, grain: 1)
        tensors = arena.vector(parts * buffers * area)
        matrices =
            shape.precision == .float32
            ? Matrix(tensors)
            : arena.matrix(rows: 1, columns: parts * buffers * area, precision: shape.precision)
    }

    func scores(_ part: Int, _ buffer: Int, _ F: Int) -> Tensor {
        let start = (part * buffers + buffer) * area
        return tensors.elements(start..<start + F * F).reshaped(rows: F, columns: F)
    }

    func probabilities(_ part: Int, _ buffer: Int, _ F: Int) -> Matrix {
        Matrix(
            matrices.address((part * buffers + buffer) * area), rows: F, columns: F,
            precision: matrices.precision)
    }
}
