import Foundation
import Testing

@Suite(.serialized)
struct DecodingCommandTests {
    private let fixture: Fixture

    init() throws {
        fixture = try Fixture()
        try fixture.folder.write(Fixture.texts.joined(separator: "\n"), to: "text.txt")
        let built = try parp(
            ["lm", "build", "text.txt", "--order", "2", "--output", "lm.arpa"], in: fixture.folder)
        #expect(built.status == 0, "\(built.screen)")
    }

    private func evaluate(_ arguments: [String], ranks: Int = 1) throws -> Outcome {
        try parp(
            ["evaluate", "--model", "model", "--data", "train.jsonl"] + arguments, ranks: ranks,
            in: fixture.folder)
    }

    private func transcripts(_ arguments: [String], ranks: Int = 1) throws -> [[String: Any]] {
        let outcome = try evaluate(arguments + ["--json"], ranks: ranks)
        #expect(outcome.status == 0, "\(outcome.screen)")
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        return try #require(object?["transcripts"] as? [[String: Any]])
    }

    private func texts(_ arguments: [String], ranks: Int = 1) throws -> [String] {
        try transcripts(arguments, ranks: ranks).compactMap { $0["hypothesis"] as? String }
    }

    @Test(
        "with unknown words forbidden, all that is heard are words of the language model, on any number of ranks"
    )
    func forbidden() throws {
        let arguments = ["--lm", "lm.arpa", "--unknown-words", "forbidden", "--beta", "4"]
        let heard = try texts(arguments)
        let known = Set(Fixture.texts.flatMap { $0.split(separator: " ") })
        #expect(heard.count == Fixture.texts.count && heard.contains { !$0.isEmpty })
        #expect(heard.allSatisfy { $0.split(separator: " ").allSatisfy(known.contains) }, "\(heard)")
        #expect(try texts(arguments, ranks: 3) == heard)
        #expect(try texts(["--decoder", "greedy"]) == texts([]))
    }

    @Test("n-best lists descend in score, and begin with the transcript")
    func alternatives() throws {
        for transcript in try transcripts(["--nbest", "3"]) {
            let list = try #require(transcript["alternatives"] as? [[String: Any]])
            let scores = list.compactMap { $0["score"] as? Double }
            #expect(list.count == 3 && scores == scores.sorted(by: >))
            #expect(list[0]["text"] as? String == transcript["hypothesis"] as? String)
        }
    }

    @Test("a search needs no language model, nor a lexicon")
    func withoutModel() throws {
        let heard = try texts(["--decoder", "beam"])
        #expect(heard.count == Fixture.texts.count)
    }

    @Test("words that a search found have times and a confidence as greedy ones have, and none is at -1")
    func wordTimes() throws {
        let outcome = try parp(
            ["transcribe", "--model", "model", "--lm", "lm.arpa", "--json", "0.wav", "5.wav"], ranks: 2,
            in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        let lines = try outcome.output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(lines.count == 2)
        for line in lines {
            let words = try #require(line["words"] as? [[String: Any]])
            let duration = try #require(line["duration"] as? Double)
            #expect(
                words.compactMap { $0["word"] as? String }.joined(separator: " ") == line["text"] as? String)
            for word in words {
                let (start, end) = (word["start"] as? Double ?? -1, word["end"] as? Double ?? -1)
                #expect(start >= 0 && start < end && end <= duration, "\(word)")
                #expect((0...1).contains(word["confidence"] as? Double ?? -1), "\(word)")
            }
        }
    }

    @Test("a language model that is attached is used, and the weights that tuning finds are written to it")
    func attached() throws {
        let named = try texts(["--lm", "lm.arpa", "--alpha", "0.25"])
        let attached = try parp(
            ["lm", "attach", "model", "--lm", "lm.arpa", "--alpha", "0.25"], in: fixture.folder)
        #expect(attached.status == 0, "\(attached.screen)")
        #expect(try texts([]) == named)
        let processor =
            try JSONSerialization.jsonObject(
                with: try fixture.folder.read("model/preprocessor_config.json")) as? [String: Any]
        #expect(processor?["processor_class"] as? String == "Wav2Vec2ProcessorWithLM")
        let tuned = try evaluate(["--tune", "--beam", "8"], ranks: 2)
        #expect(tuned.status == 0, "\(tuned.screen)")
        #expect(tuned.count("chosen") == 1 && tuned.count("WER") == 2)
        let row = try #require(tuned.output.split(separator: "\n").first { $0.hasSuffix("chosen") })
        let attributes =
            try JSONSerialization.jsonObject(
                with: try fixture.folder.read("model/language_model/attrs.json")) as? [String: Any]
        let written = [attributes?["alpha"] as? Double, attributes?["beta"] as? Double]
        #expect(written == row.split(separator: " ").prefix(2).map { Double($0) })
    }

    @Test("the weights that tuning finds are read as JSON, with all that were tried")
    func tunedJSON() throws {
        let tuned = try evaluate(["--tune", "--beam", "8", "--lm", "lm.arpa", "--json"])
        #expect(tuned.status == 0, "\(tuned.screen)")
        let found = try #require(
            JSONSerialization.jsonObject(with: Data(tuned.output.utf8)) as? [String: Any])
        let trials = try #require(found["trials"] as? [[String: Double]])
        #expect(trials.count > 25)
        let best = ["alpha", "beta", "wer", "cer"].map { found[$0] as? Double }
        #expect(trials.contains { trial in ["alpha", "beta", "wer", "cer"].map { trial[$0] } == best })
        #expect((found["without"] as? [String: Double])?.keys.sorted() == ["cer", "wer"])
        #expect(found["written"] == nil)
    }

    @Test(
        "options that contradict each other are refused as such",
        arguments: [
            ["--decoder", "greedy", "--lm", "lm.arpa"], ["--beam", "0"], ["--nbest", "101"],
            ["--lm", "lm.arpa", "--unknown-words", "some"], ["--tune"],
            ["--alpha", "nan", "--lm", "lm.arpa"], ["--decoder", "best"],
        ])
    func usage(arguments: [String]) throws {
        let outcome = try evaluate(arguments)
        #expect(outcome.status == 64, "\(outcome.screen)")
    }
}
