import Kernels
import Tensors
import TestSupport
import Testing

struct DropoutTests {
    private let packing = PackedRows(lengths: [300, 0, 500])
    private let keys: [UInt64] = [1, 2, 3].map {
        CountedRandom(seed: 7, stream: .hiddenDropout, item: $0).key
    }

    @Test("about the given share is dropped, what is kept is scaled, and the mean stays")
    func share() {
        var arena = testArena()
        let (input, output) = (arena.tensor(rows: 800, columns: 63), arena.unset(rows: 800, columns: 63))
        input.fill(1)
        dropoutForward(input, Dropout(rate: 0.1, packing: packing, keys: keys), into: output)
        let kept = output.array().filter { $0 != 0 }
        #expect(kept.allSatisfy { abs($0 - 1 / 0.9) < 1e-6 })
        let share = Double(kept.count) / 50_400
        let fiveDeviations = 5 * (0.09 / 50_400).squareRoot()
        #expect(abs(share - 0.9) < fiveDeviations)
    }

    @Test("an utterance alone loses the same elements as packed, and neighbours differ")
    func packed() {
        var arena = testArena()
        let (input, output) = (
            arena.wave(rows: 800, columns: 63, phase: 0), arena.unset(rows: 800, columns: 63)
        )
        dropoutForward(input, Dropout(rate: 0.3, packing: packing, keys: keys), into: output)
        let alone = arena.unset(rows: 500, columns: 63)
        dropoutForward(
            input.rows(300..<800), Dropout(rate: 0.3, packing: PackedRows(lengths: [500]), keys: [keys[2]]),
            into: alone)
        expectSameBits([alone.array()], [output.rows(300..<800).array()])
        let dropped = output.array().map { $0 == 0 }
        #expect(dropped[0..<300 * 63] != dropped[300 * 63..<600 * 63])
    }

    @Test("backward drops and scales the same elements")
    func backward() {
        var arena = testArena()
        let (input, output) = (arena.tensor(rows: 800, columns: 63), arena.unset(rows: 800, columns: 63))
        input.fill(1)
        let (dOutput, dInput) = (
            arena.wave(rows: 800, columns: 63, phase: 9), arena.unset(rows: 800, columns: 63)
        )
        dropoutForward(input, Dropout(rate: 0.3, packing: packing, keys: keys), into: output)
        dropoutBackward(dOutput, Dropout(rate: 0.3, packing: packing, keys: keys), into: dInput)
        #expect(dInput.array() == zip(dOutput.array(), output.array()).map { $0 * $1 })
    }

    @Test("results are the same bits with any number of threads, also in place")
    func threads() {
        var arena = testArena()
        let (input, output) = (
            arena.wave(rows: 800, columns: 501, phase: 0), arena.unset(rows: 800, columns: 501)
        )
        let results = withOneAndThreeThreads { () -> [Float] in
            output.copy(from: input)
            dropoutForward(output, Dropout(rate: 0.3, packing: packing, keys: keys), into: output)
            return output.array()
        }
        expectSameBits(results.one, results.three)
        #expect(results.one.contains(0) && results.one.contains { $0 != 0 })
    }

    @Test("a rate of zero copies")
    func zeroRate() {
        var arena = testArena()
        let (input, output) = (
            arena.wave(rows: 800, columns: 3, phase: 0), arena.unset(rows: 800, columns: 3)
        )
        dropoutForward(input, Dropout(rate: 0, packing: packing, keys: keys), into: output)
        expectSameBits([output.array()], [input.array()])
    }
}
