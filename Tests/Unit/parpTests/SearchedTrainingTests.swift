import Foundation
import Testing

@Suite(.serialized)
struct SearchedTrainingTests {
    private let fixture: Fixture

    init() throws {
        fixture = try Fixture()
        try fixture.folder.write(Fixture.texts.joined(separator: "\n"), to: "text.txt")
        let built = try parp(
            ["lm", "build", "text.txt", "--order", "2", "--output", "lm.arpa"], in: fixture.folder)
        #expect(built.status == 0, "\(built.screen)")
    }

    private func train(_ output: String, ranks: Int, _ settings: String...) throws -> Outcome {
        try parp(
            ["train", "recipe.toml", "--output", output]
                + (["decoding.lm=lm.arpa", "evaluation.every_updates=2"] + settings).flatMap {
                    ["--set", $0]
                },
            ranks: ranks, in: fixture.folder)
    }

    private func evaluations(_ output: String) throws -> [[String: Any]] {
        String(decoding: try fixture.folder.read("\(output)/metrics.jsonl"), as: UTF8.self).split(
            separator: "\n"
        )
        .compactMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
        .filter { $0["kind"] as? String == "eval" }
    }

    @Test(
        "every second evaluation searches as well, on any number of ranks, and what comes of it is told everywhere"
    )
    func everySecond() throws {
        for ranks in [1, 3] {
            let output = "run-\(ranks)"
            let outcome = try train(output, ranks: ranks, "decoding.every=2")
            #expect(outcome.status == 0 && outcome.screen.contains("by search WER"), "\(outcome.screen)")
            let evaluations = try evaluations(output)
            #expect(evaluations.map { $0["step"] as? Int } == [2, 4, 6, 8])
            #expect(evaluations.map { $0["beam_wer"] != nil } == [false, true, false, true])
            #expect(evaluations.allSatisfy { $0["wer"] != nil && $0["cer"] != nil })
            let last = try #require(evaluations.last)
            let again = try parp(
                [
                    "evaluate", "--model", "\(output)/final", "--data", "train.jsonl", "--lm", "lm.arpa",
                    "--json",
                ],
                in: fixture.folder)
            let judged = try #require(
                try JSONSerialization.jsonObject(with: Data(again.output.utf8)) as? [String: Any])
            #expect(last["beam_wer"] as? Double == judged["wer"] as? Double)
            #expect(last["beam_cer"] as? Double == judged["cer"] as? Double)
            let card = String(decoding: try fixture.folder.read("\(output)/final/README.md"), as: UTF8.self)
            #expect(card.contains("by a search with 100 beams, language model lm.arpa, α 0.5, β 1.5"))
            #expect(card.contains("core-hours, at last on \(ranks) rank"))
            let report = String(decoding: try fixture.folder.read("\(output)/report.html"), as: UTF8.self)
            #expect(report.contains("WER by search") && report.contains("CER by search"))
        }
    }

    @Test("a run that ends early has searched in its last evaluation, and one without a search tells of none")
    func earlyEnd() throws {
        let early = try train(
            "early", ranks: 1, "decoding.every=0", "evaluation.patience=1", "optimizer.learning_rate=0",
            "pruning.method=dense")
        #expect(early.status == 0, "\(early.screen)")
        let evaluations = try evaluations("early")
        #expect(evaluations.count == 2 && evaluations.last?["beam_wer"] != nil, "\(evaluations)")
        let plain = try parp(["train", "recipe.toml", "--output", "plain"], in: fixture.folder)
        #expect(plain.status == 0 && !plain.screen.contains("by search"))
        let report = String(decoding: try fixture.folder.read("plain/report.html"), as: UTF8.self)
        #expect(!report.contains("by search"))
    }

    @Test("a language model that is not there, or is none, ends all ranks before the first update")
    func missing() throws {
        for (name, expected) in [("nothing.lm", "nothing.lm"), ("text.txt", "\\data\\ is missing")] {
            let outcome = try train("none", ranks: 2, "decoding.lm=\(name)")
            #expect(outcome.status == 65 && outcome.screen.contains(expected), "\(outcome.screen)")
            #expect(!FileManager.default.fileExists(atPath: fixture.folder.file("none/metrics.jsonl")))
        }
    }

    @Test("a plan counts what searches hold, and refuses what a run would")
    func plan() throws {
        func planned(_ settings: String...) throws -> [String: Any] {
            let outcome = try parp(
                ["plan", "recipe.toml", "--json"] + settings.flatMap { ["--set", $0] }, in: fixture.folder)
            #expect(outcome.status == 0, "\(outcome.screen)")
            let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
            return try #require(object?["memory"] as? [String: Any])
        }
        let part = "language model, words and beams of searches"
        #expect(try planned()[part] == nil)
        #expect(try planned("decoding.lm=lm.arpa")[part] as? Int ?? 0 > 10_000)
        let missing = try parp(["plan", "recipe.toml", "--set", "decoding.lm=nothing"], in: fixture.folder)
        #expect(missing.status == 65, "\(missing.screen)")
    }
}
