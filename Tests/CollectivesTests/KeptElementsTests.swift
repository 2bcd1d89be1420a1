import Collectives
import Tensors
import Testing

struct KeptElementsTests {
    @Test("bits are counted from the lowest of the first word, and on from any element")
    func bits() {
        let kept = KeptElements(words: [1 << 63 | 1, 0b10])
        #expect((0..<128).filter { kept[$0] } == [0, 63, 65])
        #expect((0..<65).filter { kept.from(63)[$0] } == [0, 2])
        #expect(kept.from(60).from(3) == kept.from(63))
    }

    @Test("a description covers as many elements as it has bits left")
    func coverage() {
        let kept = KeptElements(words: [0, 0])
        #expect(kept.covers(128) && !kept.covers(129))
        #expect(kept.from(100).covers(28) && !kept.from(100).covers(29))
    }

    @Test("what is dropped is cleared, infinities and what is not a number too")
    func clearing() {
        let buffer = FlatBuffer(count: 5)
        buffer.all.copy(from: [.nan, 1, .infinity, 2, -3])
        KeptElements(words: [0b01010]).clearDropped(in: buffer.all)
        #expect(buffer.all.array() == [0, 1, 0, 2, 0])
    }
}
