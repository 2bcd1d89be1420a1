import Pruning
import Testing

struct MaskBuilderTests {
    private let kept = (0..<300).map { $0 * $0 % 7 < 3 }

    @Test(
        "parts of any size, as words, bytes or ranges of another mask, make the mask that they are parts of")
    func parts() {
        let whole = PruningMask(kept: kept)
        for size in [1, 7, 8, 9, 63, 64, 65, 130, 300] {
            var (words, bytes, ranges) = (MaskBuilder(), MaskBuilder(), MaskBuilder())
            for start in stride(from: 0, to: 300, by: size) {
                let range = start..<min(300, start + size)
                for index in range { words.append(kept[index] ? 1 : 0, count: 1) }
                bytes.append(packedBytes: whole.packedBytes(range)[...], count: range.count)
                ranges.append(whole, range)
            }
            #expect(words.build() == whole, "\(size)")
            #expect(bytes.build() == whole, "\(size)")
            #expect(ranges.build() == whole, "\(size)")
        }
    }

    @Test("bits above those added are unset")
    func dirtyWords() {
        var builder = MaskBuilder()
        builder.append(.max, count: 3)
        builder.append(0, count: 0)
        builder.append(0b10, count: 62)
        #expect(builder.count == 65)
        #expect(builder.build() == PruningMask(kept: (0..<65).map { [0, 1, 2, 4].contains($0) }))
    }
}
