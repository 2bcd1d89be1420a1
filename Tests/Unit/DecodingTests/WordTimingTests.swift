import Decoding
import Testing
import Text

struct WordTimingTests {
    private func span(_ token: Int, _ frames: Range<Int>, _ confidence: Float = 0.5) -> TokenSpan {
        TokenSpan(token: token, frames: frames, confidence: confidence)
    }

    @Test(
        "a word lasts from its first token's first frame to the end of its last, and is as sure as they are on average"
    )
    func words() throws {
        let vocabulary = try Vocabulary(tokens: ["<pad>", "|", "a", "b"])
        let spans = [
            span(2, 3..<4, 0.5), span(3, 6..<8, 1), span(1, 9..<10), span(1, 11..<12), span(3, 15..<16, 0.25),
        ]
        #expect(
            timedWords(spans, vocabulary: vocabulary, frameSeconds: 0.5, offset: 10) == [
                TimedWord(text: "ab", start: 11.5, end: 14, confidence: 0.75),
                TimedWord(text: "b", start: 17.5, end: 18, confidence: 0.25),
            ])
        let told = timedWords(spans, vocabulary: vocabulary, words: ["Ab", "B"], frameSeconds: 0.5)
        #expect(told.map(\.text) == ["Ab", "B"])
        #expect(timedWords([span(1, 0..<1)], vocabulary: vocabulary, frameSeconds: 1).isEmpty)
    }

    @Test("where no token stands between words, each token is told")
    func phones() throws {
        let vocabulary = try Vocabulary(tokens: ["<pad>", "p", "t"], wordDelimiter: nil)
        let words = timedWords([span(1, 0..<1), span(2, 1..<3)], vocabulary: vocabulary, frameSeconds: 1)
        #expect(words.map(\.text) == ["p", "t"] && words.map(\.end) == [1, 3])
    }
}
