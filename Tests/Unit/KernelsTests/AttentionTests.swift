import Foundation
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

    /// Returns the bytes of scratch that it took.
    @discardableResult
    borrowing func forward() -> Int {
        forward(0..<packing.totalRows, logSumExp: logSumExp, into: context)
    }

    /// Some queries' share of it.
    @discardableResult
    borrowing func forward(_ rows: Range<Int>, logSumExp: Tensor, into context: Tensor) -> Int {
        var scratch = testArena()
        attentionForward(
            query: Matrix(query.values.rows(rows)), from: rows.lowerBound, key: Matrix(key.values),
            value: Matrix(value.values), packing: packing, headCount: headCount, dropout: dropout,
            arena: &scratch, logSumExp: logSumExp, into: Matrix(context))
        return scratch.peakBytes
    }

    /// Returns the bytes of scratch that it took.
    @discardableResult
    borrowing func backward() -> Int {
        var scratch = testArena()
        attentionBackward(
            Matrix(dContext), query: Matrix(query.values), key: Matrix(key.values),
            value: Matrix(value.values), context: Matrix(context), packing: packing, headCount: headCount,
            dropout: dropout, logSumExp: logSumExp, arena: &scratch, dQuery: Matrix(query.gradient),
            dKey: Matrix(key.gradient), dValue: Matrix(value.gradient))
        return scratch.peakBytes
    }

    var results: [[Float]] {
        [context, query.gradient, key.gradient, value.gradient].map { $0.array() }
    }
}

extension AttentionCase {
    /// Context, dQuery, dKey and dValue by the formulas, each row's scores all at once and in double.
    borrowing func unblocked() -> [[Double]] {
        var results = [[Double]](repeating: [Double](repeating: 0, count: context.count), count: 4)
        for utterance in 0..<packing.count {
            let factors = dropoutFactors(utterance)
            for head in 0..<headCount {
                for row in 0..<packing.length(utterance) {
                    addUnblocked(utterance, head, row, factors, to: &results)
                }
            }
        }
        return results
    }

    private borrowing func addUnblocked(
        _ utterance: Int, _ head: Int, _ row: Int, _ factors: [Float], to results: inout [[Double]]
    ) {
        let (rows, columns) = (packing[utterance], query.values.columns)
        let (F, D) = (rows.count, columns / headCount)
        func place(_ frame: Int, _ column: Int) -> Int {
            (rows.lowerBound + frame) * columns + head * D + column
        }
        func dot(_ a: Tensor, _ i: Int, _ b: Tensor, _ j: Int) -> Double {
            (0..<D).reduce(0.0) { $0 + Double(a[place(i, $1)]) * Double(b[place(j, $1)]) }
        }
        let scale = 1 / Double(D).squareRoot()
        let scores = (0..<F).map { scale * dot(query.values, row, key.values, $0) }
        let maximum = scores.max() ?? 0
        let exponentials = scores.map { exp($0 - maximum) }
        let sum = exponentials.reduce(0, +)
        let kept = (0..<F).map { Double(factors[(head * F + row) * F + $0]) }
        let p = exponentials.map { $0 / sum }
        let dp = (0..<F).map { kept[$0] * dot(dContext, row, value.values, $0) }
        let delta = zip(p, dp).reduce(0.0) { $0 + $1.0 * $1.1 }
        for other in 0..<F {
            let dScore = scale * p[other] * (dp[other] - delta)
            let weight = p[other] * kept[other]
            for column in 0..<D {
                let (here, there) = (place(row, column), place(other, column))
                results[0][here] += weight * Double(value.values[there])
                results[1][here] += dScore * Double(key.values[there])
                results[2][there] += dScore * Double(query.values[here])
                results[3][there] += weight * Double(dContext[here])
            }
        }
    }

    /// What dropout multiplies an utterance's probabilities with, (head, row, column): drawn by dropping ones.
    private borrowing func dropoutFactors(_ utterance: Int) -> [Float] {
        let F = packing.length(utterance)
        var arena = testArena()
        let ones = arena.tensor(rows: headCount * F, columns: F)
        ones.fill(1)
        if dropoutRate > 0 {
            let packing = PackedRows(lengths: [ones.rows])
            dropoutForward(
                ones, Dropout(rate: dropoutRate, packing: packing, keys: [keys[utterance]]), into: ones)
        }
        return ones.array()
    }
}

struct AttentionTests {
    @Test("values and gradients match PyTorch's and finite differences")
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
        "gradients are those of differences with dropout and over several blocks",
        arguments: [0, 0.4] as [Float], [131, 1100])
    func dropout(rate: Float, length: Int) {
        var attention = AttentionCase(lengths: [3, length], headCount: 3, columns: 15, items: [1, 2])
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

    @Test(
        "scores in blocks give what all scores at once give, forward and backward",
        arguments: [0, 0.4] as [Float], [[1, 47, 48], [513], [1100]])
    func unblocked(rate: Float, lengths: [Int]) {
        var attention = AttentionCase(
            lengths: lengths, headCount: 2, columns: 10, items: lengths.indices.map { UInt64($0) })
        attention.dropoutRate = rate
        attention.forward()
        attention.backward()
        let expected = attention.unblocked()
        for (found, expected) in zip(attention.results, expected) {
            #expect(largestDifference(found, expected.map { Float($0) }) < Tolerance.attention)
        }
    }

    @Test("queries from any frame on get the same as among all, to the last bit")
    func window() {
        var attention = AttentionCase(lengths: [7, 1100, 30], headCount: 2, columns: 16, items: [1, 2, 3])
        attention.dropoutRate = 0.3
        attention.forward()
        var arena = testArena()
        for rows in [0..<5, 5..<300, 300..<1120, 1120..<1137] {
            let context = arena.unset(rows: rows.count, columns: 16)
            let logSumExp = arena.unset(rows: 2, columns: rows.count)
            attention.forward(rows, logSumExp: logSumExp, into: context)
            expectSameBits(context.array(), attention.context.rows(rows).array())
            for head in 0..<2 {
                expectSameBits(
                    logSumExp.rows(head..<head + 1).array(),
                    attention.logSumExp.rows(head..<head + 1).elements(rows).array())
            }
        }
    }

    @Test("an utterance twice as long takes no more scratch forward, and at most twice as much backward")
    func memory() {
        func bytes(_ length: Int) -> (forward: Int, backward: Int) {
            let attention = AttentionCase(lengths: [length], headCount: 1, columns: 4, items: [1])
            return (attention.forward(), attention.backward())
        }
        let (short, long) = (bytes(2000), bytes(4000))
        #expect(long.forward == short.forward)
        #expect(long.backward <= 2 * short.backward)
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
