internal import CMath
internal import Tensors

// T: packed tokens. H: hidden size = heads × head size. F: tokens of one example.

extension HeadExtents {
    /// A head's columns of an example's rows.
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

    /// The product of (F, F) numbers with a head's columns of an example's rows, into as many: (F, head size).
    func product(_ a: MatrixOperand, _ b: Matrix, _ rows: Range<Int>, _ head: Int, into c: Matrix) {
        matrixMultiply(
            a, operand(b, rows, head), m: rows.count, n: headSize, k: rows.count, splits: false,
            into: operand(c, rows, head))
    }

    /// The dropout of one row of probabilities.
    func rule(_ dropout: Dropout?, _ example: Int, head: Int, row: Int, _ F: Int) -> parp_dropout_rule {
        dropout?.rule(utterance: example, from: head * F * F + row * F) ?? .none
    }
}

/// One head's scores and probabilities for each thread, `buffers` times; in float32 they share their memory.
struct RelativeScratch: Sendable {
    private let tensors: Tensor
    private let matrices: Matrix
    private let area: Int
    private let buffers: Int

    init(_ packing: PackedRows, _ shape: HeadExtents, buffers: Int, arena: inout Arena) {
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

/// The scores of relative attention, head by head, before they are scaled.
struct RelativeScores: Sendable {
    let operands: RelativeAttentionOperands
    let shape: HeadExtents
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
        shape = HeadExtents(query, headCount: headCount)
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

/// The gradients of the three biased queries, and their use.
struct RelativeQueryGradients: Sendable {
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

    /// Adds the gradient of one head's scores, (F, F).
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
    guard output.device == .cpu else { return }
    parallelFor(input.rows, grain: 64) { rows in
        let start = rows.lowerBound * input.columns
        parp_add_row_bias(
            input.address(start), bias.pointer, output.address(start), input.precision.element,
            Int64(rows.count), Int64(input.columns))
    }
}
