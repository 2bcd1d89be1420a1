import Kernels
import Tensors
import TestSupport
import Testing

struct RowsTests {
    @Test("rows are gathered in the requested order, and widened")
    func gather() {
        var arena = testArena()
        let (source, selected) = (arena.tensor(rows: 4, columns: 3), arena.unset(rows: 3, columns: 3))
        source.copy(from: (0..<12).map(Float.init))
        let short = arena.matrix(rows: 4, columns: 3, precision: .bfloat16)
        convert(source, into: short)
        for matrix in [Matrix(source), short] {
            selected.fill(.nan)
            gatherRows(matrix, [3, 0, 3], into: selected)
            #expect(selected.array() == [9, 10, 11, 0, 1, 2, 9, 10, 11])
        }
    }

    @Test("rows are added where they came from, twice if one came twice")
    func add() {
        var arena = testArena()
        let (selected, sum) = (arena.tensor(rows: 3, columns: 2), arena.tensor(rows: 3, columns: 2))
        selected.copy(from: [1, 2, 3, 4, 5, 6])
        sum.fill(10)
        addRows(selected, to: [2, 0, 2], of: sum)
        #expect(sum.array() == [13, 14, 10, 10, 16, 18])
        addRows(arena.tensor(rows: 0, columns: 2), to: [], of: sum)
        #expect(sum.array() == [13, 14, 10, 10, 16, 18])
    }

    @Test("rows of a table are added, and any number of threads adds the same bits back")
    func table() {
        var arena = testArena()
        let (table, sum) = (arena.tensor(rows: 3, columns: 2), arena.tensor(rows: 3, columns: 2))
        table.copy(from: [1, 2, 3, 4, 5, 6])
        sum.fill(10)
        addGatheredRows(table, [2, 2, 0], into: sum)
        #expect(sum.array() == [15, 16, 15, 16, 11, 12])
        let rows = (0..<4096).map { $0 * 7 % 5 }
        let selected = arena.wave(rows: rows.count, columns: 300, phase: 0)
        let added = withOneAndThreeThreads {
            let sum = FlatBuffer(count: 5 * 300)
            addRows(selected, to: rows, of: sum.all.reshaped(rows: 5, columns: 300))
            return sum.all.array()
        }
        expectSameBits(added.one, added.three)
    }
}
