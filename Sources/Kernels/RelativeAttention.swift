internal import CMath
public import Tensors

// T: packed tokens. H: hidden size = heads × head size. F: tokens of one example. L: those of the longest.

/// What attention with relative positions and segments reads (Dai et al., 2019, section 3.3; Yang et al., 2019,
/// section 2.5).
public struct RelativeAttentionOperands: Sendable {
    /// q, (T, H); heads lie side by side.
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
    /// u, (1, H): what is added to queries before they meet keys.
    public let contentBias: Tensor
    /// w, (1, H): what is added to queries before they meet positions.
    public let positionBias: Tensor
    /// s, (1, H): what is added to queries before they meet segments.
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

/// Where the gradients of relative attention go.
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

/// Writes the encodings of relative positions: row L − 1 − p holds the sines of p, then the cosines, behind
/// dropout.
///
/// - Parameters:
///   - dropout: The key of its numbers and its rate; element (p, c) is number p · columns + c, whatever L is. nil drops
///     nothing.
///   - encodings: (2L − 1, columns), columns even; overwritten.
public func relativeEncodings(dropout: (key: UInt64, rate: Float)?, into encodings: Tensor) {
    let (rows, columns) = (encodings.rows, encodings.columns)
    precondition(rows % 2 == 1 && columns % 2 == 0, "encodings of \(rows)×\(columns)")
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
///   - dropout: Of the probabilities, whose place in an example is (head, row, column). nil drops nothing.
///   - arena: Scratch for three biased queries, and for scores of one head a thread.
///   - logSumExp: (heads, T); overwritten, from which backward recomputes the probabilities.
///   - context: (T, H), of the query's precision; overwritten.
public func relativeAttentionForward(
    _ operands: RelativeAttentionOperands, packing: PackedRows, headCount: Int, dropout: Dropout?,
    arena: inout Arena, logSumExp: Tensor, into context: Matrix
) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let scores = RelativeScores(operands, packing: packing, headCount: headCount, arena: &arena)
    let shape = scores.shape
    let scratch = AttentionScratch(packing, shape, buffers: 1, arena: &arena)
    for example in 0..<packing.count where packing.length(example) > 0 {
        let rows = packing[example]
        let F = rows.count
        parallelParts(headCount, grain: shape.grain(F)) { part, heads in
            let (x, p) = (scratch.scores(part, 0, F), scratch.probabilities(part, 0, F))
            for head in heads {
                scores.compute(rows, head: head, part: part, into: x)
                for row in 0..<F {
                    logSumExp[head, rows.lowerBound + row] = parp_attention_row_forward(
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
///   - logSumExp: (heads, T), as forward wrote it.
///   - arena: Scratch for some three times what forward needs.
public func relativeAttentionBackward(
    _ dContext: Matrix, _ operands: RelativeAttentionOperands, packing: PackedRows, headCount: Int,
    dropout: Dropout?, logSumExp: Tensor, arena: inout Arena, into gradients: RelativeAttentionGradients
) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let scores = RelativeScores(operands, packing: packing, headCount: headCount, arena: &arena)
    let sums = RelativeQueryGradients(scores, headCount: headCount, arena: &arena)
    let shape = scores.shape
    let scratch = AttentionScratch(packing, shape, buffers: 2, arena: &arena)
    gradients.positions.fill(0)
    for example in 0..<packing.count where packing.length(example) > 0 {
        let rows = packing[example]
        let F = rows.count
        parallelParts(headCount, grain: shape.grain(F)) { part, heads in
            let (x, dX) = (scratch.scores(part, 0, F), scratch.scores(part, 1, F))
            let (p, dS) = (scratch.probabilities(part, 0, F), scratch.probabilities(part, 1, F))
            for head in heads {
                scores.compute(rows, head: head, part: part, into: x)
                matrixMultiply(
                    shape.operand(dContext, rows, head),
                    shape.operand(operands.value, rows, head, transposed: true), m: F, n: F,
                    k: shape.headSize, splits: false, into: MatrixOperand(dX))
                for row in 0..<F {
                    parp_attention_row_backward(
                        x.pointer + row * F, dX.pointer + row * F, p.address(row * F), dS.address(row * F),
                        p.precision.element, Int64(F), shape.scale, logSumExp[head, rows.lowerBound + row],
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

/// The scores of relative attention, head by head, before they are scaled.
private struct RelativeScores: Sendable {
    let operands: RelativeAttentionOperands
    let shape: AttentionShape
    /// q + u, q + w and q + s, each (T, H).
    let contentQuery, positionQuery, segmentQuery: Matrix
    /// (heads · T, 2): each query's score with the same segment, and with another.
    private let segmentScores: Tensor
    /// Scores of positions, (F, 2F − 1) for each thread.
    private let positionScores: Tensor
    private let parts: Int
    private let longest: Int

    init(
        _ operands: RelativeAttentionOperands, packing: PackedRows, headCount: Int, arena: inout Arena
    ) {
        let query = operands.query
        precondition(
            operands.segments.count == query.rows && operands.positions.rows == 2 * packing.longest - 1,
            "\(query.rows) tokens, the longest \(packing.longest): \(operands.segments.count) segments and "
                + "\(operands.positions.rows) positions")
        self.operands = operands
        shape = AttentionShape(query, headCount: headCount)
        longest = packing.longest
        parts = parallelPartCount(headCount, grain: 1)
        func biased(_ bias: Tensor, _ arena: inout Arena) -> Matrix {
            let sum = arena.matrix(rows: query.rows, columns: query.columns, precision: query.precision)
            addRowBias(query, bias, into: sum)
            return sum
        }
        contentQuery = biased(operands.contentBias, &arena)
        positionQuery = biased(operands.positionBias, &arena)
        segmentQuery = biased(operands.segmentBias, &arena)
        segmentScores = arena.tensor(rows: headCount * query.rows, columns: 2)
        positionScores = arena.vector(parts * longest * (2 * longest - 1))
        let all = 0..<query.rows
        for head in 0..<headCount {
            matrixMultiply(
                shape.operand(segmentQuery, all, head),
                shape.operand(operands.segmentKeys, 0..<2, head, transposed: true), m: query.rows, n: 2,
                k: shape.headSize,
                into: MatrixOperand(segmentScores.rows(head * query.rows..<(head + 1) * query.rows)))
        }
    }

    /// The first of the 2F − 1 rows of positions that an example of F tokens reads.
    func firstPosition(_ F: Int) -> Int { longest - F }

    /// Computes the scores of one head of an example: (F, F).
    func compute(_ rows: Range<Int>, head: Int, part: Int, into x: Tensor) {
        let F = rows.count
        shape.scores(contentQuery, operands.key, rows: rows, head: head, into: x)
        let start = part * longest * (2 * longest - 1)
        let b = positionScores.elements(start..<start + F * (2 * F - 1))
            .reshaped(rows: F, columns: 2 * F - 1)
        let positions = firstPosition(F)..<firstPosition(F) + 2 * F - 1
        matrixMultiply(
            shape.operand(positionQuery, rows, head),
            shape.operand(operands.positions, positions, head, transposed: true), m: F, n: 2 * F - 1,
            k: shape.headSize, splits: false, into: MatrixOperand(b))
        operands.segments.withUnsafeBufferPointer { segments in
            guard let base = segments.baseAddress else { return }
            for row in 0..<F {
                let place = head * operands.query.rows + rows.lowerBound + row
                // Column j of the row is position row − j.
                parp_add_relative_scores(
                    x.pointer + row * F, b.pointer + row * (2 * F - 1) + F - 1 - row,
                    base + rows.lowerBound, segments[rows.lowerBound + row], segmentScores[place, 0],
                    segmentScores[place, 1], Int64(F))
            }
        }
    }
}

/// The gradients of the three biased queries, and what becomes of them.
private struct RelativeQueryGradients: Sendable {
    /// Each (T, H).
    let contentQuery, positionQuery: Tensor
    /// (heads · T, 2).
    private let segmentScores: Tensor
    /// The gradient of a head's scores of positions, (F, 2F − 1) for each thread.
    private let positionScores: Matrix

    init(_ scores: RelativeScores, headCount: Int, arena: inout Arena) {
        let query = scores.operands.query
        let longest = (scores.operands.positions.rows + 1) / 2
        contentQuery = arena.tensor(rows: query.rows, columns: query.columns)
        positionQuery = arena.tensor(rows: query.rows, columns: query.columns)
        segmentScores = arena.tensor(rows: headCount * query.rows, columns: 2)
        positionScores = arena.matrix(
            rows: parallelPartCount(headCount, grain: 1), columns: longest * (2 * longest - 1),
            precision: query.precision)
    }

    /// Takes up the gradient of one head's scores, (F, F).
    func accumulate(
        _ dS: Matrix, _ scores: RelativeScores, _ rows: Range<Int>, head: Int, part: Int, dPositions: Tensor
    ) {
        let (F, shape, operands) = (rows.count, scores.shape, scores.operands)
        let width = 2 * F - 1
        let dB = Matrix(
            positionScores.address(part * positionScores.columns), rows: F, columns: width,
            precision: positionScores.precision)
        operands.segments.withUnsafeBufferPointer { segments in
            guard let base = segments.baseAddress else { return }
            for row in 0..<F {
                let place = head * operands.query.rows + rows.lowerBound + row
                parp_relative_score_gradients(
                    dS.address(row * F), dS.precision.element, base + rows.lowerBound,
                    segments[rows.lowerBound + row], Int64(F), segmentScores.pointer + 2 * place,
                    dB.address(row * width), Int64(F - 1 - row), Int64(width))
            }
        }
        let positions = scores.firstPosition(F)..<scores.firstPosition(F) + width
        matrixMultiply(
            MatrixOperand(dB), shape.operand(operands.positions, positions, head), m: F, n: shape.headSize,
            k: width, splits: false, into: shape.operand(Matrix(positionQuery), rows, head))
        matrixMultiply(
            MatrixOperand(dB, transposed: true), shape.operand(scores.positionQuery, rows, head), m: width,
            n: shape.headSize, k: F, adding: true, splits: false,
            into: shape.operand(Matrix(dPositions), positions, head))
    }

    /// Adds up the query's gradient, and accumulates those of biases and segments.
    func finish(
        _ scores: RelativeScores, headCount: Int, arena: inout Arena,
        into gradients: RelativeAttentionGradients
    ) {
        let (T, shape) = (contentQuery.rows, scores.shape)
        let segmentQuery = arena.tensor(rows: T, columns: contentQuery.columns)
        let dE = arena.matrix(rows: headCount * T, columns: 2, precision: shape.precision)
        convert(segmentScores, into: dE)
        for head in 0..<headCount {
            let rows = dE.rows(head * T..<(head + 1) * T)
            matrixMultiply(
                MatrixOperand(rows), shape.operand(scores.operands.segmentKeys, 0..<2, head), m: T,
                n: shape.headSize, k: 2, into: shape.operand(Matrix(segmentQuery), 0..<T, head))
            matrixMultiply(
                MatrixOperand(rows, transposed: true), shape.operand(scores.segmentQuery, 0..<T, head), m: 2,
                n: shape.headSize, k: T, adding: true,
                into: shape.operand(Matrix(gradients.segmentKeys), 0..<2, head))
        }
        addColumnSums(of: Matrix(contentQuery), into: gradients.contentBias)
        addColumnSums(of: Matrix(positionQuery), into: gradients.positionBias)
        addColumnSums(of: Matrix(segmentQuery), into: gradients.segmentBias)
        add(positionQuery, into: contentQuery)
        add(segmentQuery, into: contentQuery)
        convert(contentQuery, into: gradients.query)
    }
}

/// Writes y = x + bias of each column.
private func addRowBias(_ input: Matrix, _ bias: Tensor, into output: Matrix) {
    parallelFor(input.rows, grain: 64) { rows in
        let start = rows.lowerBound * input.columns
        parp_add_row_bias(
            input.address(start), bias.pointer, output.address(start), input.precision.element,
            Int64(rows.count), Int64(input.columns))
    }
}
