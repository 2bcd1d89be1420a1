import Tensors
import Testing

struct MomentsTests {
    private let count = 200_003

    /// Elements in groups, so that some words keep all, some none.
    private func kept(_ draw: UInt64) -> KeptElements {
        let random = CountedRandom(seed: draw, stream: .pretraining)
        return KeptElements(
            words: (0..<(count + 63) / 64).map { word in
                [0, .max, random.bits(at: UInt64(word))][word / 7 % 3]
            })
    }

    /// Moments that differ from element to element.
    private func filled() -> Moments {
        let moments = Moments(count: count)
        moments.first.all.copy(from: (1...count).map { Float($0) })
        moments.second.all.copy(from: (1...count).map { -Float($0) })
        return moments
    }

    @Test("moments of kept elements are contiguous, and those of a range where `places` says")
    func places() {
        var moments = filled()
        #expect(moments.places(of: 5..<70) == 5..<70)
        let kept = kept(1)
        moments.keep(kept)
        let elements = (0..<count).filter { kept[$0] }
        #expect(moments.first.count == elements.count && moments.second.count == elements.count)
        #expect(moments.first.all.array() == elements.map { Float($0 + 1) })
        #expect(moments.second.all.array() == elements.map { -Float($0 + 1) })
        for range in [0..<0, 0..<count, 3..<70, 65_530..<65_600, 131_072..<131_073, count..<count] {
            let expected = elements.filter { range.contains($0) }.map { Float($0 + 1) }
            #expect(moments.first[moments.places(of: range)].array() == expected, "\(range)")
        }
    }

    @Test("what both choices keep retains its moments; what is new, or returns, starts from 0")
    func anotherChoice() {
        var moments = filled()
        let (first, second) = (kept(1), kept(2))
        moments.keep(first)
        moments.keep(second)
        let expected = (0..<count).filter { second[$0] }.map { first[$0] ? Float($0 + 1) : 0 }
        #expect(moments.first.all.array() == expected)
        moments.keep(nil)
        #expect(moments.kept == nil && moments.places(of: 9..<12) == 9..<12)
        let all = (0..<count).map { first[$0] && second[$0] ? -Float($0 + 1) : 0 }
        #expect(moments.second.all.array() == all)
    }
}
