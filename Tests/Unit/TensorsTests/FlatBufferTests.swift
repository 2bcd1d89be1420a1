import Tensors
import Testing

struct FlatBufferTests {
    @Test("a buffer of any size starts as zeros, the empty one included")
    func zeros() {
        for count in [0, 1, 63, 100_003] {
            let buffer = FlatBuffer(count: count)
            #expect(buffer.count == count && buffer.all.count == count && buffer.all.rows == 1)
            let isZero = buffer.all.array().allSatisfy { $0 == 0 }
            #expect(isZero)
        }
    }

    @Test("a range is a view, not a copy")
    func views() {
        let buffer = FlatBuffer(count: 10)
        buffer[3..<6].fill(2)
        #expect(buffer.all.array() == [0, 0, 0, 2, 2, 2, 0, 0, 0, 0])
        #expect(buffer[4..<4].count == 0)
    }

    @Test("a range outside ends the process")
    func outside() async {
        await #expect(processExitsWith: .failure) {
            let buffer = FlatBuffer(count: 10)
            buffer[5..<11].fill(1)
        }
    }
}
