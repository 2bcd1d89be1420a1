import Tensors
import Testing

struct ShapeTests {
    @Test("a shape of any rank is rows of its innermost extent")
    func matrix() {
        let cases: [(Shape, count: Int, rows: Int, columns: Int)] = [
            ([], 1, 1, 1), ([7], 7, 1, 7), ([3, 7], 21, 3, 7), ([2, 3, 7], 42, 6, 7), ([3, 0], 0, 3, 0),
            ([0, 3], 0, 0, 3),
        ]
        for (shape, count, rows, columns) in cases {
            #expect(shape.count == count && shape.rows == rows && shape.columns == columns, "\(shape)")
        }
        #expect(Shape([2, 3, 7]).rank == 3 && Shape([2, 3, 7])[1] == 3)
    }

    @Test("a shape is written as Python writes a tuple")
    func description() {
        #expect(Shape([249, 768]).description == "(249, 768)")
        #expect(Shape([]).description == "()")
    }

    @Test("an extent must not be negative")
    func negative() async {
        await #expect(processExitsWith: .failure) { _ = Shape([2, -1]) }
    }
}
