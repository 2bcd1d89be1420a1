import Testing

@testable import Text

struct TextAlignmentTests {
    @Test("tokens are correct, substituted, deleted or inserted, in order")
    func kinds() {
        #expect(
            aligned(["a", "b", "c", "d"], ["a", "x", "d"])
                == [.correct("a"), .substituted(said: "b", heard: "x"), .deleted("c"), .correct("d")])
        #expect(aligned(["a", "b"], ["a", "c", "b"]) == [.correct("a"), .inserted("c"), .correct("b")])
        #expect(aligned([], []) == [])
        #expect(aligned([], ["a"]) == [.inserted("a")])
        #expect(aligned(["a"], []) == [.deleted("a")])
        // To Swift these are the same string.
        #expect(aligned(["\u{E9}"], ["e\u{301}"]) == [.substituted(said: "\u{E9}", heard: "e\u{301}")])
    }

    @Test("the errors of an alignment are those that are counted, on random texts")
    func counts() throws {
        var state: UInt64 = 7
        func random(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        for _ in 0..<300 {
            let said = (0..<random(12)).map { _ in String("abc".dropFirst(random(3)).prefix(1)) }
            let heard = (0..<random(12)).map { _ in String("abc".dropFirst(random(3)).prefix(1)) }
            var expected = ErrorRate()
            expected.add(reference: said, hypothesis: heard)
            var found = ErrorRate()
            for token in try #require(aligned(said, heard)) {
                switch token {
                case .correct: found.correct += 1
                case .substituted: found.substitutions += 1
                case .deleted: found.deletions += 1
                case .inserted: found.insertions += 1
                }
            }
            #expect(found == expected, "\(said) \(heard)")
        }
    }

    @Test("texts too long for a table are not aligned")
    func limits() {
        let long = [String](repeating: "a", count: 10_000)
        #expect(aligned(long, long) == nil)
    }
}
