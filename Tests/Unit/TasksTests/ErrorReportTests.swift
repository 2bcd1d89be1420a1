import Speech
import Testing
import Text

@testable import Tasks

private func judged(
    _ id: String, _ reference: String, _ hypothesis: String, speaker: String? = nil, seconds: Double = 3
) -> JudgedUtterance {
    JudgedUtterance(
        Utterance(
            id: id, audioPath: id, durationSeconds: seconds, text: reference, speaker: speaker, origin: ""),
        reference: reference, hypothesis: hypothesis)
}

struct ErrorReportTests {
    @Test("a speaker's utterances are drawn together; each unknown speaker is one of its own")
    func speakers() {
        let utterances = [
            judged("1", "a b", "a c", speaker: "x"), judged("2", "a b", "a b"),
            judged("3", "a", "b", speaker: "x"), judged("4", "a b", "a b"),
        ]
        let units = ResampledUnit.speakers.errors(utterances)
        #expect(units.words.map(\.errors) == [2, 0, 0] && units.words.map(\.referenceLength) == [3, 2, 2])
        #expect(ResampledUnit.utterances.errors(utterances).words.count == 4)
    }

    @Test("a report has rates by length and speaker, confusions by number, and the worst utterance first")
    func report() {
        let text = ErrorReport([
            judged("one", "bad cafe", "bad cafe", speaker: "x"),
            judged("two", "bad cafe", "bat safe now", speaker: "y", seconds: 12),
            judged("three", "fad", "fat", speaker: "y"),
        ]).text
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.contains { $0.hasPrefix("  80.00 ") })
        #expect(lines.contains { $0.hasSuffix("  2 to 5") } && lines.contains { $0.hasSuffix("  10 to 20") })
        #expect(lines.contains { $0.hasSuffix("  x") } && lines.contains { $0.hasSuffix("  y") })
        #expect(lines.contains("      2  d → t") && lines.contains("      1  ∅ → now"))
        #expect(!text.contains("language"))
        let names = lines.filter { $0.contains("(WER") }.map { $0.prefix { $0 != " " } }
        #expect(names == ["two", "three", "one"])
        #expect(
            text.contains("  said:  bad cafe ***\n  heard: bat safe now\n  error: S   S    I\n"), "\(text)")
    }
}
