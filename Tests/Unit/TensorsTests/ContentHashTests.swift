import Tensors
import TestSupport
import Testing

struct ContentHashTests {
    private func hash(_ words: [UInt64], seed: UInt64 = 0) -> UInt64 {
        var hash = ContentHash(seed: seed)
        hash.combine(words)
        return hash.value
    }

    private func hash(_ tensor: Tensor) -> UInt64 {
        var hash = ContentHash()
        hash.combine(tensor)
        return hash.value
    }

    @Test("hashes never change: masks and checkpoints are named by them")
    func golden() {
        // Tests/Golden/counted_random.py
        #expect(ContentHash.text(hash([])) == "8c5e283160b301f5")
        #expect(ContentHash.text(hash((1...19).map { $0 })) == "7e7407e97fc38e68")
    }

    @Test("every single bit of every word counts, in whole blocks of eight and in the tail")
    func sensitivity() {
        for count in [1, 7, 8, 9, 16, 21] {
            let words = (0..<UInt64(count)).map { $0 &* 0x9e37_79b9_7f4a_7c15 }
            var hashes = Set([hash(words)])
            for word in 0..<count {
                for bit in 0..<64 {
                    var changed = words
                    changed[word] ^= 1 << UInt64(bit)
                    hashes.insert(hash(changed))
                }
            }
            #expect(hashes.count == 1 + 64 * count)
        }
    }

    @Test("the order of words counts, also eight apart, where they share a lane")
    func order() {
        let words = (0..<UInt64(24)).map { $0 + 1 }
        var hashes = Set([hash(words)])
        var swaps = 0
        for first in 0..<24 {
            for second in first + 1..<24 {
                var changed = words
                changed.swapAt(first, second)
                hashes.insert(hash(changed))
                swaps += 1
            }
        }
        #expect(hashes.count == 1 + swaps)
    }

    @Test("zeros in any number hash differently, and so do seeds")
    func lengths() {
        let hashes = Set((0..<100).map { hash(Array(repeating: 0, count: $0)) })
        #expect(hashes.count == 100)
        #expect(Set((0..<100).map { hash([1, 2, 3], seed: $0) }).count == 100)
    }

    @Test("a tensor hashes as its bits, with an odd last element, and wherever it lies in memory")
    func tensors() {
        var arena = testArena()
        let values = arena.wave(columns: 1001, phase: 0)
        let whole = hash(values)
        for place in [0, 1, 15, 16, 999, 1000] {
            let before = values[place]
            values[place] = before.nextUp
            #expect(hash(values) != whole)
            values[place] = before
        }
        #expect(hash(values) == whole)
        values[3] = 0
        let positive = hash(values)
        values[3] = -0.0
        #expect(hash(values) != positive)
        let shifted = arena.vector(1002).elements(1..<1002)
        shifted.copy(from: values)
        #expect(hash(shifted) == hash(values))
        #expect(hash(values.elements(0..<0)) == hash(values.elements(5..<5)))
    }

    @Test("two parts in turn are not the whole at once, and not the parts in another order")
    func parts() {
        var (forward, backward, whole) = (ContentHash(), ContentHash(), ContentHash())
        forward.combine([1, 2])
        forward.combine([3])
        backward.combine([3])
        backward.combine([1, 2])
        whole.combine([1, 2, 3])
        #expect(Set([forward, backward, whole]).count == 3)
    }

    @Test("a hash is written as sixteen digits, zeros in front included")
    func text() {
        #expect(ContentHash.text(0xab) == "00000000000000ab")
        #expect(ContentHash.text(.max) == "ffffffffffffffff")
        var hash = ContentHash()
        hash.combine([1])
        #expect(hash.description == ContentHash.text(hash.value))
    }
}
