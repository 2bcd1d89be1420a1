import Foundation
import TestSupport
import Testing
import Text

/// The lines of a golden table, cut at tabs.
func goldenTable(_ name: String) throws -> [[String]] {
    let url = URL(fileURLWithPath: "\(goldenFolder)/text/\(name).tsv")
    return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map {
        $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
}

struct ErrorRateTests {
    private func rate(_ reference: String, _ hypothesis: String) -> ErrorRate {
        var rate = ErrorRate()
        rate.addWords(reference: reference, hypothesis: hypothesis)
        return rate
    }

    @Test("errors and lengths in words and characters are jiwer's, pair by pair and over the corpus")
    func jiwer() throws {
        var words = ErrorRate()
        var characters = ErrorRate()
        var expected = [0, 0, 0, 0]
        let table = try goldenTable("error_rates")
        #expect(table.count == 200)
        for line in table {
            let numbers = line[2...].compactMap { Int($0) }
            let before = [words.errors, words.referenceLength, characters.errors, characters.referenceLength]
            words.addWords(reference: line[0], hypothesis: line[1])
            characters.addCharacters(reference: line[0], hypothesis: line[1])
            let after = [words.errors, words.referenceLength, characters.errors, characters.referenceLength]
            #expect(zip(after, before).map(-) == numbers, "\(line)")
            expected = zip(expected, numbers).map(+)
        }
        #expect(words.rate == Double(expected[0]) / Double(expected[1]))
        #expect(characters.rate == Double(expected[2]) / Double(expected[3]))
    }

    @Test("each kind of error is counted as such")
    func kinds() {
        #expect(rate("a b c", "a b c").counts == [0, 0, 0, 3])
        #expect(rate("a b c", "a x c").counts == [1, 0, 0, 2])
        #expect(rate("a b c", "a c").counts == [0, 1, 0, 2])
        #expect(rate("a b c", "a b x c").counts == [0, 0, 1, 3])
        #expect(rate("a b", "x y").counts == [2, 0, 0, 0])
        #expect(rate("", "x y").counts == [0, 0, 2, 0])
        #expect(rate("x y", "").counts == [0, 2, 0, 0])
    }

    @Test("of alignments with equally many errors, the one with most tokens in place is taken")
    func substitutions() {
        // Two errors either way: b and c replaced by c and d, or b deleted and d inserted.
        #expect(rate("a b c", "a c d").counts == [2, 0, 0, 1])
    }

    /// The fewest errors, then the fewest tokens without partner, by trying all alignments.
    private func exhaustive(_ said: ArraySlice<Int>, _ heard: ArraySlice<Int>) -> (errors: Int, unpaired: Int)
    {
        let longest = max(said.count, heard.count)
        guard let first = said.first, let other = heard.first else { return (longest, longest) }
        var best = exhaustive(said.dropFirst(), heard.dropFirst())
        if first != other { best.errors += 1 }
        for (errors, unpaired) in [
            exhaustive(said.dropFirst(), heard), exhaustive(said, heard.dropFirst()),
        ] where (errors + 1, unpaired + 1) < best {
            best = (errors + 1, unpaired + 1)
        }
        return best
    }

    @Test("counts are those of the best of all alignments")
    func allAlignments() {
        for code in 0..<729 {
            let digits = (0..<6).map { place in (0..<place).reduce(code) { rest, _ in rest / 3 } % 3 }
            for cut in 0...6 {
                let (said, heard) = (Array(digits[..<cut]), Array(digits[cut...]))
                var found = ErrorRate()
                found.add(reference: said, hypothesis: heard)
                let best = exhaustive(said[...], heard[...])
                let isBest =
                    found.errors == best.errors && found.deletions + found.insertions == best.unpaired
                    && found.referenceLength == cut
                    && found.correct + found.substitutions + found.insertions == 6 - cut
                #expect(isBest, "\(said) \(heard): \(found)")
            }
        }
    }

    @Test("words are separated by white space, and equal if their code points are")
    func tokens() {
        #expect(words("  a\tb\n c\u{A0}d ") == ["a", "b", "c", "d"])
        #expect(rate("caf\u{E9}", "cafe\u{301}").errors == 1)
        var characters = ErrorRate()
        characters.addCharacters(reference: "e\u{301}x", hypothesis: "ex")
        #expect(characters.counts == [0, 1, 0, 2])
    }

    @Test("corpora add up, and a corpus of nothing has no errors")
    func sums() {
        let (a, b) = (rate("a b", "a"), rate("c", "d e"))
        #expect((a + b).counts == [1, 1, 1, 1])
        #expect(ErrorRate(counts: a.counts) == a)
        #expect(ErrorRate().rate == 0)
        #expect(rate("", "a b").rate == 1)
        #expect(rate("a", "a b c").rate == 2)
    }

    @Test("long texts cost a row of memory, not a table", .timeLimit(.minutes(1)))
    func long() {
        // A table would have 4·10⁸ cells.
        let text = String(repeating: "abcde", count: 4000)
        var rate = ErrorRate()
        rate.addCharacters(reference: text, hypothesis: text + "x")
        #expect(rate.counts == [0, 0, 1, 20_000])
    }
}
