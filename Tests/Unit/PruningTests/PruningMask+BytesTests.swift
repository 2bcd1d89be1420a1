import Pruning
import Testing

struct PruningMaskBytesTests {
    private let mask = PruningMask(kept: (0..<300).map { $0 * $0 % 11 < 4 })

    @Test("the first weight is the lowest bit of the first byte; the last byte is filled up with zeros")
    func order() {
        let mask = PruningMask(kept: [true, false, false, false, false, false, false, true, false, true])
        #expect(mask.packedBytes(0..<10) == [0b1000_0001, 0b10])
        #expect(mask.packedBytes(7..<10) == [0b101])
        #expect(mask.packedBytes(4..<4) == [])
    }

    @Test("the bytes of any range hold its bits and no others")
    func ranges() {
        for lower in [0, 1, 21, 63, 64, 65, 200, 299] {
            for upper in [lower, lower + 1, lower + 7, lower + 8, lower + 64, lower + 65, 300]
            where upper <= 300 {
                let bytes = mask.packedBytes(lower..<upper)
                #expect(bytes.count == (upper - lower + 7) / 8)
                let bits = bytes.flatMap { byte -> [Bool] in (0..<8).map { (byte >> $0) & 1 == 1 } }
                let isSame = bits.enumerated().allSatisfy { index, bit in
                    bit == (lower + index < upper && mask[lower + index])
                }
                #expect(isSame, "\(lower)..<\(upper)")
            }
        }
    }

    @Test("bytes give the mask back, for counts that fill words and bytes and that do not")
    func roundTrip() {
        for count in [0, 1, 7, 8, 9, 63, 64, 65, 300] {
            let mask = PruningMask(kept: (0..<count).map { $0 * $0 % 11 < 4 })
            #expect(PruningMask(packedBytes: mask.packedBytes(0..<count), count: count) == mask)
        }
    }

    @Test("too few or too many bytes make no mask; bits after the last weight are dropped")
    func broken() {
        #expect(PruningMask(packedBytes: [1], count: 9) == nil)
        #expect(PruningMask(packedBytes: [1, 0], count: 8) == nil)
        #expect(PruningMask(packedBytes: [], count: 0)?.count == 0)
        #expect(PruningMask(packedBytes: [0xFF], count: 3)?.keptCount == 3)
    }
}
