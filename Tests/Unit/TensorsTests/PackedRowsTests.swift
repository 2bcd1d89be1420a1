import Tensors
import Testing

struct PackedRowsTests {
    @Test("utterances follow one another, those without rows included")
    func offsets() {
        let packing = PackedRows(lengths: [3, 0, 5, 1])
        #expect(packing.offsets == [0, 3, 3, 8, 9])
        #expect(packing.count == 4 && packing.totalRows == 9 && packing.longest == 5)
        #expect(packing[0] == 0..<3 && packing[1] == 3..<3 && packing[3] == 8..<9)
        #expect((0..<4).map(packing.length) == [3, 0, 5, 1])
    }

    @Test("a batch without utterances has no rows")
    func empty() {
        let packing = PackedRows(lengths: [])
        #expect(packing.count == 0 && packing.totalRows == 0 && packing.longest == 0)
    }
}
