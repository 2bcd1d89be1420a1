import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

/// Whole numbers from -4 to 4: exact in bfloat16, and so are sums of a few thousand of their products in float32.
private func wholeNumbers(_ arena: inout Arena, rows: Int, columns: Int, seed: UInt64) -> Tensor {
    let tensor = arena.tensor(rows: rows, columns: columns)
    let random = CountedRandom(seed: seed, stream: .initialization)
    for index in 0..<tensor.count { tensor[index] = Float(Int(random.uniform(at: UInt64(index)) * 9) - 4) }
    return tensor
}

private func precisions() -> [GEMMPrecision] {
    GEMMPrecision.allCases.filter { unavailability(of: $0) == nil }
}

struct MatrixMultiplyTests {
    /// A tensor as a matrix of a precision; whole numbers are not rounded.
    private func matrix(_ tensor: Tensor, _ precision: GEMMPrecision, _ arena: inout Arena) -> Matrix {
        let result = arena.matrix(rows: tensor.rows, columns: tensor.columns, precision: precision)
        convert(tensor, into: result)
        return result
    }

    @Test(
        "forward, backward by input and by weight are exact on whole numbers, at even and odd sizes",
        arguments: [(1, 1, 1), (3, 5, 7), (64, 48, 96), (65, 33, 129), (2, 300, 17), (257, 1, 31)])
    func exact(T: Int, I: Int, O: Int) {
        for precision in precisions() {
            var arena = testArena()
            let x = wholeNumbers(&arena, rows: T, columns: I, seed: 1)
            let w = wholeNumbers(&arena, rows: O, columns: I, seed: 2)
            let dy = wholeNumbers(&arena, rows: T, columns: O, seed: 3)
            let bias = wholeNumbers(&arena, rows: 1, columns: O, seed: 4)
            let (y, dx) = (
                arena.unset(rows: T, columns: O), wholeNumbers(&arena, rows: T, columns: I, seed: 5)
            )
            let before = dx.array()
            let (dw, db) = (arena.zeros(rows: O, columns: I), arena.zeros(rows: 1, columns: O))
            let (xp, wp, dyp) = (
                matrix(x, precision, &arena), matrix(w, precision, &arena), matrix(dy, precision, &arena)
            )
            linearForward(xp, weight: wp, bias: bias, into: Matrix(y))
            linearBackward(
                dyp, input: xp, weight: wp, dWeight: dw, dBias: db, adding: true, into: Matrix(dx))
            for t in 0..<T {
                for o in 0..<O {
                    let expected = (0..<I).reduce(bias[o]) { $0 + x[t, $1] * w[o, $1] }
                    #expect(y[t, o] == expected, "\(precision) y[\(t), \(o)]")
                }
                for i in 0..<I {
                    let expected = (0..<O).reduce(before[t * I + i]) { $0 + dy[t, $1] * w[$1, i] }
                    #expect(dx[t, i] == expected, "\(precision) dx[\(t), \(i)]")
                }
            }
            for o in 0..<O {
                #expect(db[o] == (0..<T).reduce(0) { $0 + dy[$1, o] })
                for i in 0..<I { #expect(dw[o, i] == (0..<T).reduce(0) { $0 + dy[$1, o] * x[$1, i] }) }
            }
        }
    }

    @Test("a large product hardly changes with the number of threads, in either precision")
    func threads() {
        for precision in precisions() {
            var arena = testArena()
            let x = matrix(arena.wave(rows: 700, columns: 300, phase: 0), precision, &arena)
            let w = matrix(arena.wave(rows: 500, columns: 300, phase: 1), precision, &arena)
            let (y, dw) = (arena.unset(rows: 700, columns: 500), arena.unset(rows: 500, columns: 300))
            let dy = matrix(arena.wave(rows: 700, columns: 500, phase: 2), precision, &arena)
            let results = withOneAndThreeThreads { () -> [[Float]] in
                dw.fill(0)
                linearForward(x, weight: w, bias: nil, into: Matrix(y))
                linearBackward(dy, input: x, weight: w, dWeight: dw, dBias: nil, into: nil)
                return [y.array(), dw.array()]
            }
            for (one, three) in zip(results.one, results.three) {
                #expect(largestDifference(one, three) < Tolerance.threads)
            }
        }
    }

    @Test("more products than are cached, of ever new sizes, are correct")
    func manySizes() {
        var arena = testArena()
        let (x, w) = (
            wholeNumbers(&arena, rows: 2400, columns: 3, seed: 1),
            wholeNumbers(&arena, rows: 2, columns: 3, seed: 2)
        )
        let y = arena.unset(rows: 2400, columns: 2)
        for rows in 1...2400 {
            linearForward(
                Matrix(x.rows(0..<rows)), weight: Matrix(w), bias: nil, into: Matrix(y.rows(0..<rows)))
            let last = (0..<3).reduce(Float(0)) { $0 + x[rows - 1, $1] * w[1, $1] }
            #expect(y[rows - 1, 1] == last)
        }
    }

    @Test("the first product of a process starts no threads of the library's")
    func noThreads() async {
        await #expect(processExitsWith: .success) {
            func threads() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
            }
            var arena = testArena()
            let (x, w) = (
                arena.wave(rows: 600, columns: 512, phase: 0), arena.wave(rows: 700, columns: 512, phase: 1)
            )
            let (y, bias) = (
                arena.unset(rows: 600, columns: 700), arena.wave(rows: 1, columns: 700, phase: 2)
            )
            let before = try threads()
            linearForward(Matrix(x), weight: Matrix(w), bias: bias, into: Matrix(y))
            let after = try threads()
            precondition(after == before, "\(after) threads, of \(before)")
        }
    }
}
