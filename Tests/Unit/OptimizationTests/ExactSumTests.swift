import Optimization
import Tensors
import TestSupport
import Testing

struct ExactSumTests {
    private let count = 1000

    /// Terms of very different magnitudes, which plain float32 addition sums to other bits in another order.
    private func terms(_ arena: inout Arena) -> [Tensor] {
        (0..<7).map { index in
            let term = arena.vector(count)
            let scale: [Float] = [1, 3e3, 1e-7, 40, 1e-3, 2e2, 1e-5]
            term.copy(from: wave(count, phase: Double(index)).map { $0 * scale[index] })
            return term
        }
    }

    @Test("sums have the same bits in any order, and for terms dealt out to any number of processes")
    func order() {
        var arena = testArena()
        let terms = terms(&arena)
        func total(_ order: [Int], processes: Int) -> [Float] {
            let digits = ExactSum.digits(processes: processes)
            let shared = (0..<digits).map { _ in arena.zeros(rows: 1, columns: count) }
            for process in 0..<processes {
                var sum = ExactSum(count: count, terms: terms.count)
                for index in order where index % processes == process { sum.add(terms[index], at: 0) }
                let own = (0..<digits).map { _ in arena.vector(count) }
                sum.takeDigits(of: 0..<count, into: own)
                for (all, part) in zip(shared, own) {
                    for index in 0..<count { all[index] += part[index] }
                }
            }
            let result = arena.vector(count)
            ExactSum.compose(shared, into: result)
            return result.array()
        }
        let expected = total(Array(0..<7), processes: 1)
        for processes in [1, 2, 3, 6, 7, 200, 3000] {
            #expect(total([4, 2, 6, 0, 1, 5, 3], processes: processes) == expected, "\(processes) processes")
        }
        let exact = (0..<count).map { index in terms.reduce(0.0) { $0 + Double($1[index]) } }
        // Seven terms, each rounded by at most half a quantum, and the result once to float32.
        for (sum, exact) in zip(expected, exact) {
            #expect(abs(Double(sum) - exact) <= 3.5 * ExactSum.quantum + abs(exact) * 0x1p-24)
        }
    }

    @Test("one process alone gets the bits that many get")
    func alone() {
        var arena = testArena()
        let terms = terms(&arena)
        var sum = ExactSum(count: count, terms: terms.count)
        for term in terms { sum.add(term, at: 0) }
        let written = arena.vector(count)
        sum.write(0..<count, into: written)
        let digits = (0..<4).map { _ in arena.vector(count) }
        sum.takeDigits(of: 0..<count, into: digits)
        let composed = arena.vector(count)
        ExactSum.compose(digits, into: composed)
        #expect(written.array() == composed.array())
    }

    @Test(
        "terms that are not numbers or too large are noticed, wherever they stand, until the sum is cleared")
    func inexact() {
        var arena = testArena()
        let term = arena.vector(50)
        for value in [Float.nan, .infinity, -.infinity, 1e7] {
            var sum = ExactSum(count: 100, terms: 4)
            term.fill(1)
            sum.add(term, at: 50)
            let before = sum.isExact
            #expect(before)
            term[17] = value
            sum.add(term, at: 50)
            let after = sum.isExact
            #expect(!after, "\(value)")
            sum.clear(from: 0)
            let cleared = sum.isExact
            #expect(cleared)
        }
    }

    @Test("only elements from an offset on are cleared and added to")
    func offset() {
        var arena = testArena()
        let term = arena.vector(2)
        term.copy(from: [1, 2])
        var sum = ExactSum(count: 4, terms: 2)
        sum.add(term, at: 0)
        sum.add(term, at: 2)
        sum.clear(from: 1)
        let result = arena.vector(4)
        sum.write(0..<4, into: result)
        #expect(result.array() == [1, 0, 0, 0])
    }
}
