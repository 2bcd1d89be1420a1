import Kernels
import Tensors
import TestSupport
import Testing

struct ConvertTests {
    @Test("bfloat16 is the nearest, ties to even, and keeps infinities, zeros' signs and NaN")
    func rounding() {
        let cases: [(Float, UInt32)] = [
            (1, 0x3F80), (-2.5, 0xC020), (0, 0), (-0.0, 0x8000), (.infinity, 0x7F80), (-.infinity, 0xFF80),
            (Float(bitPattern: 0x3F80_8000), 0x3F80), (Float(bitPattern: 0x3F81_8000), 0x3F82),
            (Float(bitPattern: 0x3F80_8001), 0x3F81), (Float(bitPattern: 0x3F80_7FFF), 0x3F80),
            (.greatestFiniteMagnitude, 0x7F80), (Float(bitPattern: 1), 0), (Float(bitPattern: 0x8001), 1),
        ]
        var arena = testArena()
        let tensor = arena.tensor(rows: 1, columns: cases.count)
        tensor.copy(from: cases.map(\.0))
        let (matrix, back) = (
            arena.matrix(rows: 1, columns: cases.count, precision: .bfloat16),
            arena.unset(columns: cases.count)
        )
        convert(tensor, into: matrix)
        widen(matrix, into: back)
        for (index, (value, bits)) in cases.enumerated() {
            #expect(back[index].bitPattern == bits << 16, "\(value)")
        }
        let (nan, result) = (arena.unset(columns: 40), arena.zeros(rows: 1, columns: 40))
        let rounded = arena.matrix(rows: 1, columns: 40, precision: .bfloat16)
        convert(nan, into: rounded)
        widen(rounded, into: result)
        #expect(result.array().allSatisfy { $0.isNaN })
    }

    @Test("a tensor goes to float32 products and back as it is")
    func identity() {
        var arena = testArena()
        let (tensor, back) = (arena.wave(columns: 77, phase: 0), arena.unset(columns: 77))
        let matrix = arena.matrix(rows: 1, columns: 77, precision: .float32)
        convert(tensor, into: matrix)
        widen(matrix, into: back)
        expectSameBits(tensor.array(), back.array())
    }
}
