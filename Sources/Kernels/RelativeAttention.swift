internal import CMath
public import Tensors

// T: packed tokens. H: hidden size = heads × head size. F: tokens of one example. L: those of the longest.

/// The inputs of attention with relative positions and segments (Dai et al., 2019, section 3.3; Yang et al.,
/// 2019, section 2.5).
public struct RelativeAttentionOperands: Sendable {
    /// q, (T, H); heads side by side.
    public let query: Matrix
    /// k, (T, H).
    public let key: Matrix
    /// v, (T, H).
    public let value: Matrix
    /// r, (2L − 1, H): row L − 1 − p is the key of the relative position p, that of a query less that of a key.
    public let positions: Matrix
    /// g, (2, H): the key of the same segment, and that of another.
    public let segmentKeys: Matrix
    /// The segment of each token.
    public let segments: [Int32]
    /// u, (1, H): added to queries before products with keys.
    public let contentBias: Tensor
    /// w, (1, H): added to queries before products with positions.
    public let positionBias: Tensor
    /// s, (1, H): added to queries before products with segments.
    public let segmentBias: Tensor

    /// The operands of one layer.
    public init(
        query: Matrix, key: Matrix, value: Matrix, positions: Matrix, segmentKeys: Matrix,
        segments: [Int32], contentBias: Tensor, positionBias: Tensor, segmentBias: Tensor
    ) {
        self.query = query
        self.key = key
        self.value = value
        self.positions = positions
        self.segmentKeys = segmentKeys
        self.segments = segments
        self.contentBias = contentBias
        self.positionBias = positionBias
        self.segmentBias = segmentBias
    }
}

/// The gradients of relative attention.
public struct RelativeAttentionGradients: Sendable {
    /// (T, H); overwritten, as are those of key and value; all of the query's precision.
    public let query: Matrix
    /// (T, H).
    public let key: Matrix
    /// (T, H).
    public let value: Matrix
    /// (2L − 1, H); overwritten.
    public let positions: Tensor
    /// (2, H); accumulated, as are those of the biases.
    public let segmentKeys: Tensor
    /// (1, H).
    public let contentBias: Tensor
    /// (1, H).
    public let positionBias: Tensor
    /// (1, H).
    public let segmentBias: Tensor

    /// The gradients of one layer's operands.
    public init(
        query: Matrix, key: Matrix, value: Matrix, positions: Tensor, segmentKeys: Tensor,
        contentBias: Tensor, positionBias: Tensor, segmentBias: Tensor
    ) {
        self.query = query
        self.key = key
        self.value = value
        self.positions = positions
        self.segmentKeys = segmentKeys
        self.contentBias = contentBias
        self.positionBias = positionBias
        self.segmentBias = segmentBias
    }
}

/// Writes the encodings of relative positions: row L − 1 − p holds the sines of p, then the cosines, after
/// dropout.
///
/// - Parameters:
///   - dropout: The key of its numbers and its rate; element (p, c) is number p · columns + c, whatever L is. nil drops
///     nothing.
///   - encodings: (2L − 1, columns), columns even; overwritten.
public func relativeEncodings(dropout: (key: UInt64, rate: Float)?, into encodings: Tensor) {
    let (rows, columns) = (encodings.rows, encodings.columns)
    precondition(rows % 2 == 1 && columns % 2 == 0, "encodings of \(rows)×\(columns)")
    guard encodings.device == .cpu else { return }
    let first = (rows - 1) / 2
    parp_relative_encodings(encodings.pointer, Int64(first), Int64(rows), Int64(columns))
    guard let dropout else { return }
    let counted = Dropout(rate: dropout.rate, packing: PackedRows(lengths: [rows]), keys: [dropout.key])
    for row in 0..<rows {
        let start = encodings.pointer + row * columns
        parp_dropout(
            start, start, Int64(columns), counted.rule(utterance: 0, from: (first - row) * columns))
    }
}

/// Computes dropout(softmax(x / √headSize)) v for each example and head, with the scores of a query i and a key j
/// x = (q + u)·k + (q + w)·r[i − j] + (q + s)·g[same segment or not].
///
/// - Parameters:
///   - dropout: For the probabilities, indexed (head, row, column) within an example. nil drops nothing.
///   - arena: Scratch for three biased queries, and for scores of one head per thread.
///   - context: (T, H), of the query's precision; overwritten.
public func relativeAttentionForward(
    _ operands: RelativeAttentionOperands, packing: PackedRows, headCount: Int, dropout: Dropout?,
    arena: inout Arena, into context: Matrix
) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let scores = RelativeScores(operands, packing: packing, headCount: headCount, arena: &arena)
    let shape = scores.shape
    let scratch = RelativeScratch(packing, shape, buffers: 1, arena: &arena)
    guard context.device == .cpu else { return }
    for example in 0..<packing.count where packing.length(example) > 0 {
        let rows = packing[example]
        let F = rows.count
        parallelParts(headCount, grain: shape.grain(F * F)) { part, heads in
            let (x, p) = (scratch.scores(part, 0, F), scratch.probabilities(part, 0, F))
            for head in heads {
                scores.compute(rows, head: head, part: part, into: x)
                for row in 0..<F {
                    parp_relative_row_forward(
                        x.pointer + row * F, p.address(row * F), p.precision.element, Int64(F), shape.scale,
                        shape.rule(dropout, example, head: head, row: row, F))
                }
                matrixMultiply(
                    MatrixOperand(p), shape.operand(operands.value, rows, head), m: F, n: shape.headSize,
                    k: F, splits: false, into: shape.operand(context, rows, head))
            }
        }
    }
}

/// Writes and accumulates the gradients of all operands; probabilities and dropout are recomputed.
///
/// - Parameters:
///   - dContext: (T, H).
///   - arena: Scratch of about three times what forward needs.
public func relativeAttentionBackward(
    _ dContext: Matrix, _ operands: RelativeAttentionOperands, packing: PackedRows, headCount: Int,
    dropout: Dropout?, arena: inout Arena, into gradients: RelativeAttentionGradients
) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let scores = RelativeScores(operands, packing: packing, headCount: headCount, arena: &arena)
    let sums = RelativeQueryGradients(scores, headCount: headCount, arena: &arena)
    let shape = scores.shape
    let scratch = RelativeScratch(packing, shape, buffers: 2, arena: &arena)
    gradients.positions.fill(0)
    for example in 0..<packing.count where packing.length(example) > 0 && dContext.device == .cpu {
        let rows = packing[example]
        let F = rows.count
        parallelParts(headCount, grain: shape.grain(F * F)) { part, heads in
            let (x, dX) = (scratch.scores(part, 0, F), scratch.scores(part, 1, F))
            let (p, dS) = (scratch.probabilities(part, 0, F), scratch.probabilities(part, 1, F))
            for head in heads {
                scores.compute(rows, head: head, part: part, into: x)
                matrixMultiply(
                    shape.operand(dContext, rows, head),
                    shape.operand(operands.value, rows, head, transposed: true), m: F, n: F,
                    k: shape.headSize, splits: false, into: MatrixOperand(dX))
                for row in 0..<F {
                    parp_relative_row_backward(
                        x.pointer + row * F, dX.pointer + row * F, p.address(row * F), dS.address(row * F),
                        p.precision.element, Int64(F), shape.scale,
                        shape.rule(dropout, example, head: head, row: row, F))
                }
                shape.product(MatrixOperand(p, transposed: true), dContext, rows, head, into: gradients.value)
                shape.product(
                    MatrixOperand(dS, transposed: true), scores.contentQuery, rows, head, into: gradients.key)
                shape.product(
                    MatrixOperand(dS), operands.key, rows, head, into: Matrix(sums.contentQuery))
                sums.accumulate(dS, scores, rows, head: head, part: part, dPositions: gradients.positions)
            }
        }
    }
    sums.finish(scores, headCount: headCount, arena: &arena, into: gradients)
}
