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

    @Test("what is kept of a range is counted, across words and from any element")
    func counting() {
        let kept = KeptElements(words: [.max, 0b1011, .max])
        for range in [0..<0, 0..<64, 3..<70, 60..<66, 63..<64, 64..<192, 100..<130] {
            #expect(kept.keptCount(in: range) == range.count { kept[$0] })
            guard range.upperBound <= 187 else { continue }
            #expect(kept.from(5).keptCount(in: range) == range.count { kept.from(5)[$0] })
        }
    }

    @Test("what is dropped is cleared, infinities and what is not a number too")
    func clearing() {
        let buffer = FlatBuffer(count: 5)
        buffer.all.copy(from: [.nan, 1, .infinity, 2, -3])
        KeptElements(words: [0b01010]).clearDropped(in: buffer.all)
        #expect(buffer.all.array() == [0, 1, 0, 2, 0])
    }
}
