import Pruning
import Testing

struct PruningMaskTests {
    private let tested = [0, 1, 63, 64, 65, 127, 128, 129, 1000]

    /// A mask with no period in sight.
    private func irregular(_ count: Int, shift: Int = 0) -> PruningMask {
        PruningMask(kept: (0..<count).map { ($0 + shift) * ($0 + shift) % 7 < 3 })
    }

    @Test("a mask says of each weight what it was made of, and counts right")
    func bits() {
        for count in tested {
            let kept = (0..<count).map { $0 * $0 % 7 < 3 }
            let mask = PruningMask(kept: kept)
            #expect(mask.kept == kept)
            #expect(mask.keptCount == kept.count { $0 } && mask.prunedCount == kept.count { !$0 })
            #expect(mask.bits.count == (count + 63) / 64)
        }
    }

    @Test("bits after the last weight are dropped, so equal masks are equal and hash alike")
    func tail() {
        let clean = PruningMask(bits: [0b101], count: 3)
        let dirty = PruningMask(bits: [.max << 3 | 0b101], count: 3)
        #expect(clean == dirty && clean.hash == dirty.hash && dirty.keptCount == 2)
        #expect(PruningMask.allKept(count: 70).keptCount == 70)
    }

    @Test("sparsity is the share pruned, 0 of nothing")
    func sparsity() {
        #expect(PruningMask(kept: [true, false, false, true, false]).sparsity == 0.6)
        #expect(PruningMask.allKept(count: 9).sparsity == 0)
        #expect(PruningMask.allKept(count: 0).sparsity == 0)
    }

    @Test("revived are those kept now and pruned before, not the other way round")
    func revived() {
        let before = PruningMask(kept: [true, true, false, false, false])
        let now = PruningMask(kept: [true, false, true, true, false])
        #expect(now.revived(since: before) == 2)
        #expect(before.revived(since: now) == 1)
        #expect(now.revived(since: now) == 0)
        #expect(now.revived(since: .allKept(count: 5)) == 0)
    }

    @Test("kept weights are counted in any range, wherever it starts and ends")
    func ranges() {
        let mask = irregular(300)
        let kept = mask.kept
        for lower in [0, 1, 21, 63, 64, 65, 200, 299, 300] {
            for upper in [0, 1, 63, 64, 65, 128, 129, 299, 300] where lower <= upper {
                #expect(mask.keptCount(in: lower..<upper) == kept[lower..<upper].count { $0 })
            }
        }
    }

    @Test("one changed bit, and one more weight, change the hash")
    func hash() {
        let mask = irregular(130)
        var hashes = Set([mask.hash])
        for index in 0..<130 {
            var kept = mask.kept
            kept[index].toggle()
            hashes.insert(PruningMask(kept: kept).hash)
        }
        hashes.insert(PruningMask(kept: mask.kept + [false]).hash)
        #expect(hashes.count == 132)
    }

    @Test("masks of different pools cannot be compared")
    func counts() async {
        await #expect(processExitsWith: .failure) {
            _ = PruningMask.allKept(count: 3).comparison(with: .allKept(count: 4))
        }
        await #expect(processExitsWith: .failure) { _ = PruningMask(bits: [0, 0], count: 64) }
    }
}
