import Tensors
import TestSupport
import Testing

struct TensorTests {
    @Test("rows, elements and other extents are views of the same numbers")
    func views() {
        var arena = testArena()
        let tensor = arena.tensor(rows: 3, columns: 4)
        tensor.copy(from: (0..<12).map(Float.init))
        #expect(tensor[1, 2] == 6 && tensor[6] == 6)
        #expect(tensor.rows(1..<3).array() == [4, 5, 6, 7, 8, 9, 10, 11])
        #expect(tensor.elements(3..<5).array() == [3, 4])
        let reshaped = tensor.reshaped(rows: 2, columns: 6)
        #expect(reshaped[1, 0] == 6)
        reshaped[1, 0] = -1
        #expect(tensor[1, 2] == -1)
        tensor.buffer[6] = -2
        #expect(reshaped[6] == -2)
        #expect(tensor.rows(1..<1).count == 0 && tensor.elements(12..<12).array().isEmpty)
    }

    @Test("filling and copying set every element and no other")
    func copying() {
        var arena = testArena()
        let tensor = arena.zeros(rows: 2, columns: 5)
        tensor.elements(1..<9).fill(3)
        #expect(tensor.array() == [0, 3, 3, 3, 3, 3, 3, 3, 3, 0])
        let copy = arena.unset(rows: 5, columns: 2)
        copy.copy(from: tensor)
        #expect(copy.array() == tensor.array())
        tensor.elements(0..<0).copy(from: [])
    }

    @Test("what does not fit ends the process: rows outside, other counts, other extents")
    func preconditions() async {
        await #expect(processExitsWith: .failure) { _ = FlatBuffer(count: 6).all.rows(0..<2) }
        await #expect(processExitsWith: .failure) { _ = FlatBuffer(count: 6).all.elements(3..<7) }
        await #expect(processExitsWith: .failure) { FlatBuffer(count: 6).all.copy(from: [1, 2]) }
        await #expect(processExitsWith: .failure) {
            _ = FlatBuffer(count: 6).all.reshaped(rows: 2, columns: 4)
        }
    }
}
