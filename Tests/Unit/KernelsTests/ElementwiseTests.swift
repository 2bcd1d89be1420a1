import Kernels
import Tensors
import TestSupport
import Testing

struct ElementwiseTests {
    @Test("add and scale do what they say, with any number of threads")
    func addAndScale() {
        var arena = testArena()
        let (a, b) = (arena.wave(columns: 200_003, phase: 0), arena.unset(columns: 200_003))
        let start = wave(200_003, phase: 1)
        let results = withOneAndThreeThreads { () -> [Float] in
            b.copy(from: start)
            add(a, into: b)
            scale(b, by: 0.5)
            return b.array()
        }
        #expect(results.one == zip(a.array(), start).map { ($0 + $1) * 0.5 })
        expectSameBits(results.one, results.three)
    }

    @Test("a multiple is added, with any number of threads")
    func addMultiple() {
        var arena = testArena()
        let (a, b) = (arena.wave(columns: 200_003, phase: 0), arena.unset(columns: 200_003))
        let start = wave(200_003, phase: 1)
        let results = withOneAndThreeThreads { () -> [Float] in
            b.copy(from: start)
            add(a, times: -0.5, into: b)
            return b.array()
        }
        #expect(results.one == zip(a.array(), start).map { $1 - 0.5 * $0 })
        expectSameBits(results.one, results.three)
    }

    @Test("a sum of squares over many blocks matches double's")
    func squares() {
        var arena = testArena()
        let values = arena.wave(columns: 100_007, phase: 0)
        let expected = values.array().reduce(0.0) { $0 + Double($1) * Double($1) }
        #expect(abs(sumOfSquares(values) / expected - 1) < 1e-6)
        #expect(sumOfSquares(values.elements(0..<0)) == 0)
    }

    @Test("one infinity or NaN anywhere is found", arguments: [0, 4095, 4096, 10_000])
    func finite(position: Int) {
        var arena = testArena()
        let values = arena.wave(columns: 10_001, phase: 0)
        #expect(allFinite(values))
        for bad in [Float.infinity, -.infinity, .nan] {
            values[position] = bad
            #expect(!allFinite(values))
        }
    }
}
