import Kernels
import Tensors
import TestSupport
import Testing

/// The operands of relative attention over packed examples, with where their gradients go.
private struct RelativeCase: ~Copyable {
    var arena = testArena()
    let packing: PackedRows
    let headCount: Int
    let query, key, value, positions, segmentKeys: Operand
    let contentBias, positionBias, segmentBias: Operand
    let segments: [Int32]
    let context, dContext: Tensor
    var dropoutRate: Float = 0
    let keys: [UInt64]

    init(lengths: [Int], headCount: Int, columns: Int, segments: [Int32], items: [UInt64]) {
        packing = PackedRows(lengths: lengths)
        self.headCount = headCount
        self.segments = segments
        let rows = packing.totalRows
        func operand(_ name: String, _ rows: Int, _ phase: Double, _ arena: inout Arena) -> Operand {
            Operand(name, arena.wave(rows: rows, columns: columns, phase: phase), arena: &arena)
        }
        query = operand("dQuery", rows, 0, &arena)
        key = operand("dKey", rows, 1, &arena)
        value = operand("dValue", rows, 2, &arena)
        positions = operand("dPositions", 2 * packing.longest - 1, 3, &arena)
        segmentKeys = operand("dSegmentKeys", 2, 4, &arena)
        contentBias = operand("dContentBias", 1, 5, &arena)
        positionBias = operand("dPositionBias", 1, 6, &arena)
        segmentBias = operand("dSegmentBias", 1, 7, &arena)
        context = arena.unset(rows: rows, columns: columns)
        dContext = arena.wave(rows: rows, columns: columns, phase: 9)
        keys = items.map { CountedRandom(seed: 5, stream: .attentionDropout, item: $0).key }
    }

    var activations: [Operand] { [query, key, value, positions] }
    var parameters: [Operand] { [segmentKeys, contentBias, positionBias, segmentBias] }

    private var dropout: Dropout? {
        dropoutRate > 0 ? Dropout(rate: dropoutRate, packing: packing, keys: keys) : nil
    }

    private var operands: RelativeAttentionOperands {
        RelativeAttentionOperands(
            query: Matrix(query.values), key: Matrix(key.values), value: Matrix(value.values),
            positions: Matrix(positions.values), segmentKeys: Matrix(segmentKeys.values), segments: segments,
            contentBias: contentBias.values, positionBias: positionBias.values,
            segmentBias: segmentBias.values)
    }

    borrowing func forward() {
        var scratch = testArena()
        relativeAttentionForward(
            operands, packing: packing, headCount: headCount, dropout: dropout, arena: &scratch,
            into: Matrix(context))
    }

    borrowing func backward() {
        var scratch = testArena()
        relativeAttentionBackward(
            Matrix(dContext), operands, packing: packing, headCount: headCount, dropout: dropout,
            arena: &scratch,
            into: RelativeAttentionGradients(
                query: Matrix(query.gradient), key: Matrix(key.gradient), value: Matrix(value.gradient),
                positions: positions.gradient, segmentKeys: segmentKeys.gradient,
                contentBias: contentBias.gradient, positionBias: positionBias.gradient,
                segmentBias: segmentBias.gradient))
    }
}

struct RelativeAttentionTests {
    @Test("values and gradients match PyTorch's and finite differences")
    func gradients() {
        let attention = RelativeCase(
            lengths: [4, 7], headCount: 2, columns: 6, segments: [0, 0, 1, 2, 0, 0, 0, 1, 1, 1, 2],
            items: [1, 2])
        checkKernel(
            GoldenValues.relativeAttention, output: attention.context, cotangent: attention.dContext,
            activations: attention.activations, parameters: attention.parameters
        ) {
            attention.forward()
        } backward: {
            attention.backward()
        }
    }

    @Test("gradients match finite differences with dropout and over several tiles")
    func dropout() {
        var attention = RelativeCase(
            lengths: [1, 131], headCount: 3, columns: 15, segments: (0..<132).map { Int32($0 % 3) },
            items: [1, 2])
        attention.dropoutRate = 0.4
        for operand in attention.parameters { operand.gradient.fill(0) }
        attention.forward()
        attention.backward()
        for operand in attention.activations + attention.parameters {
            let comparison = compareGradient(operand.gradient, of: operand.values) {
                attention.forward()
                return weightedSum(attention.context, attention.dContext)
            }
            #expect(comparison.relativeError() < gradientTolerance, "\(operand.name): \(comparison)")
        }
    }

    @Test("results are the same bits with any number of threads")
    func threads() {
        var attention = RelativeCase(
            lengths: [200, 90], headCount: 4, columns: 32, segments: (0..<290).map { Int32($0 / 100) },
            items: [1, 2])
        attention.dropoutRate = 0.1
        let results = withOneAndThreeThreads { () -> [[Float]] in
            for operand in attention.parameters { operand.gradient.fill(0) }
            attention.forward()
            attention.backward()
            return [attention.context.array()]
                + (attention.activations + attention.parameters).map { $0.gradient.array() }
        }
        // Products of all examples are cut by the threads; those of one are not.
        for (one, three) in zip(results.one, results.three) {
            #expect(largestDifference(one, three) < Tolerance.threads)
        }
    }

    @Test("encodings of a position are the same however many there are, with dropout, too")
    func encodings() {
        var arena = testArena()
        let (few, many) = (arena.unset(rows: 5, columns: 8), arena.unset(rows: 11, columns: 8))
        for dropout in [nil, (key: UInt64(7), rate: Float(0.5))] {
            relativeEncodings(dropout: dropout, into: few)
            relativeEncodings(dropout: dropout, into: many)
            expectSameBits(few.array(), many.rows(3..<8).array())
        }
        #expect(many.array().contains(0))
        relativeEncodings(dropout: nil, into: few)
        #expect(few.rows(2..<3).array() == [0, 0, 0, 0, 1, 1, 1, 1])
        // Position 2, of frequencies 1, 1/10, 1/100 and 1/1000.
        #expect(
            largestDifference(
                Array(few.rows(0..<1).array().prefix(4)), [0.909_297, 0.198_669, 0.019_999, 0.002]) < 1e-6)
    }
}
