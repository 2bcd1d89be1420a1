import Kernels
import Tensors
import TestSupport
import Testing

/// Query, key, value and all that goes with an attention over packed utterances.
private struct AttentionCase: ~Copyable {
    var arena = testArena()
    let packing: PackedRows
    let headCount: Int
    let query, key, value: Operand
    let context, dContext, logSumExp: Tensor
    var dropoutRate: Float = 0
    let keys: [UInt64]

    init(lengths: [Int], headCount: Int, columns: Int, items: [UInt64]) {
        packing = PackedRows(lengths: lengths)
        self.headCount = headCount
        let rows = packing.totalRows
        query = Operand("dQuery", arena.wave(rows: rows, columns: columns, phase: 0), arena: &arena)
        key = Operand("dKey", arena.wave(rows: rows, columns: columns, phase: 1), arena: &arena)
        value = Operand("dValue", arena.wave(rows: rows, columns: columns, phase: 2), arena: &arena)
        context = arena.unset(rows: rows, columns: columns)
        dContext = arena.wave(rows: rows, columns: columns, phase: 9)
        logSumExp = arena.unset(rows: headCount, columns: rows)
        keys = items.map { CountedRandom(seed: 5, stream: .attentionDropout, item: $0).key }
    }

    private var dropout: Dropout? {
        dropoutRate > 0 ? Dropout(rate: dropoutRate, packing: packing, keys: keys) : nil
    }

    borrowing func forward() {
        var scratch = testArena()
        attentionForward(
            query: Matrix(query.values), key: Matrix(key.values), value: Matrix(value.values),
            packing: packing,
            headCount: headCount, dropout: dropout, arena: &scratch, logSumExp: logSumExp,
            into: Matrix(context))
    }

    borrowing func backward() {
        var scratch = testArena()
        attentionBackward(
            Matrix(dContext), query: Matrix(query.values), key: Matrix(key.values),
            value: Matrix(value.values), packing: packing, headCount: headCount, dropout: dropout,
            logSumExp: logSumExp, arena: &scratch, dQuery: Matrix(query.gradient), dKey: Matrix(key.gradient),
            dValue: Matrix(value.gradient))
    }

    var results: [[Float]] {
        [context, query.gradient, key.gradient, value.gradient].map { $0.array() }
    }
}

struct AttentionTests {
    @Test("values and gradients are PyTorch's and those of differences")
    func gradients() {
        let attention = AttentionCase(lengths: [4, 8], headCount: 2, columns: 6, items: [1, 2])
        checkKernel(
            GoldenValues.attention, output: attention.context, cotangent: attention.dContext,
            activations: [attention.query, attention.key, attention.value], parameters: []
        ) {
            attention.forward()
        } backward: {
            attention.backward()
        }
    }

    @Test(
        "gradients are those of differences with dropout and over several tiles",
        arguments: [0, 0.4] as [Float])
    func dropout(rate: Float) {
        var attention = AttentionCase(lengths: [3, 131], headCount: 3, columns: 15, items: [1, 2])
        attention.dropoutRate = rate
        attention.forward()
        attention.backward()
        for operand in [attention.query, attention.key, attention.value] {
            let comparison = compareGradient(operand.gradient, of: operand.values) {
                attention.forward()
                return weightedSum(attention.context, attention.dContext)
            }
            #expect(comparison.relativeError() < gradientTolerance, "\(operand.name): \(comparison)")
        }
    }

    @Test("dropout uses the draws of (head, row, column) and scales what it keeps")
    func draws() {
        var attention = AttentionCase(lengths: [5], headCount: 2, columns: 10, items: [4])
        attention.dropoutRate = 0.5
        // Equal scores give the probability 1/5; a value that is one at its own frame shows which were kept.
        attention.query.values.fill(0)
        for row in 0..<5 {
            for column in 0..<10 { attention.value.values[row, column] = column % 5 == row ? 1 : 0 }
        }
        attention.forward()
        // The probabilities of all heads are one sequence: 10 rows of 5.
        let drawn = attention.arena.tensor(rows: 10, columns: 5)
        drawn.fill(0.2)
        dropoutForward(
            drawn, Dropout(rate: 0.5, packing: PackedRows(lengths: [10]), keys: attention.keys), into: drawn)
        for head in 0..<2 {
            for row in 0..<5 {
                for column in 0..<5 {
                    let expected = drawn[head * 5 + row, column]
                    #expect(abs(attention.context[row, head * 5 + column] - expected) < 1e-6)
                }
            }
        }
    }

    @Test("an utterance alone gives the same bits as packed between others")
    func packing() {
        var packed = AttentionCase(lengths: [9, 140, 6], headCount: 2, columns: 32, items: [1, 2, 3])
        var alone = AttentionCase(lengths: [140], headCount: 2, columns: 32, items: [2])
        packed.dropoutRate = 0.2
        alone.dropoutRate = 0.2
        let from = [packed.query.values, packed.key.values, packed.value.values, packed.dContext]
        let to = [alone.query.values, alone.key.values, alone.value.values, alone.dContext]
        for (source, target) in zip(from, to) { target.copy(from: source.rows(9..<149)) }
        packed.forward()
        packed.backward()
        alone.forward()
        alone.backward()
        for (whole, part) in zip(packed.results, alone.results) {
            #expect(Array(whole[9 * 32..<149 * 32]) == part)
        }
    }

    @Test("results are the same bits with any number of threads")
    func threads() {
        var attention = AttentionCase(lengths: [1100], headCount: 1, columns: 8, items: [1])
        attention.dropoutRate = 0.1
        let results = withOneAndThreeThreads { () -> [[Float]] in
            attention.forward()
            attention.backward()
            return attention.results
        }
        expectSameBits(results.one, results.three)
    }
}
