import Foundation
import Testing

/// A folder with a small BERT, sentences of three classes and a recipe that trains on them.
struct TextFixture {
    let folder: TemporaryFolder

    private static let words = [
        "the", "a", "film", "is", "was", "good", "bad", "great", "dull", "long", "short", "we", "you",
        "loved",
    ]

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder.file("model"), withIntermediateDirectories: true)
        let golden = repository.appendingPathComponent("Tests/Golden/models/bert-classes")
        for name in ["config.json", "model.safetensors"] {
            try folder.write(Data(contentsOf: golden.appendingPathComponent(name)), to: "model/\(name)")
        }
        let special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
        let filling = (0..<61 - special.count - Self.words.count).map { "x\($0)" }
        try folder.write(
            (special + Self.words + filling).joined(separator: "\n") + "\n", to: "model/vocab.txt")
        try folder.write((0..<36).map { Self.line($0) }.joined(separator: "\n") + "\n", to: "train.jsonl")
        try folder.write(Self.recipe, to: "recipe.toml")
    }

    /// An example of 2 to 13 words, each fourth with a second text.
    static func line(_ index: Int, label: String? = nil) -> String {
        let text = (0..<2 + index % 12).map { words[(index * 5 + $0 * 3) % words.count] }
        let pair = index % 4 == 0 ? ", \"text_pair\": \"we loved a film\"" : ""
        return "{\"text\": \"\(text.joined(separator: " "))\"\(pair), "
            + "\"label\": \"\(label ?? ["neg", "neutral", "pos"][index % 3])\"}"
    }

    private static let recipe = """
        task = "classify"
        [model]
        path = "model"
        [data]
        train = "train.jsonl"
        valid = "train.jsonl"
        batch_examples = 8
        rank_tokens = 40
        max_tokens = 12
        [optimizer]
        learning_rate = 1e-3
        head_scale = 2.0
        [schedule]
        updates = 8
        [pruning]
        interval = 3
        [checkpoint]
        every_updates = 2
        keep = 10
        [evaluation]
        every_updates = 4
        """ + "\n"

    /// The events of a run of one kind.
    func events(_ run: String, _ kind: String) throws -> [[String: Any]] {
        try String(decoding: folder.read(run + "/metrics.jsonl"), as: UTF8.self).split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }.filter { $0["kind"] as? String == kind }
    }
}

private let train = ["train", "recipe.toml", "--output"]

struct TextTests {
    @Test(
        "plan tells all that a run on texts holds: other ranks' gradients, masks and weights set aside, too")
    func plan() throws {
        let outcome = try parp(
            ["plan", "recipe.toml", "--ranks", "2", "--json"], in: try TextFixture().folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        let plan = try #require(
            JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        let parts = try #require(plan["memory"] as? [String: Int])
        let weights = try #require(parts["weights"])
        #expect(parts["gradients"] == weights && parts["moments"] == 2 * weights)
        // Of two ranks each adds half of the other's gradients.
        #expect(parts["gradients of the node's other ranks"] == weights / 2)
        for name in ["masks", "pruned weights set aside in evaluation", "activations", "texts and tokens"] {
            #expect((parts[name] ?? 0) > 0, "\(name)")
        }
        #expect(plan["memory_bytes_per_rank"] as? Int == parts.values.reduce(0, +))
    }

    @Test(
        "evaluating a model of text refuses what only speech has, by name",
        arguments: [
            (["--beam", "20", "--lm", "x.arpa"], "--lm, --beam are for speech models"),
            (["--hotwords", "film"], "--hotwords is for speech models"),
            (["--tune"], "--tune is for speech models"),
        ])
    func speechOptions(options: [String], says: String) throws {
        let outcome = try parp(
            ["evaluate", "--model", "model", "--data", "train.jsonl"] + options, in: try TextFixture().folder)
        #expect(outcome.status == 64 && outcome.error.contains(says), "\(outcome.screen)")
    }

    @Test("a run on texts leaves a model whose classifier names the data's labels, with its tokenizer")
    func directory() throws {
        let fixture = try TextFixture()
        let outcome = try parp(train + ["run"], in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(outcome.screen.contains("3 classes: neg, neutral, pos"))
        // Some examples are longer than 12 tokens, which is reported.
        #expect(outcome.screen.contains("more truncated from"))
        #expect(try fixture.events("run", "prune").compactMap { $0["step"] as? Int } == [0, 3, 6, 8])
        let evaluations = try fixture.events("run", "eval")
        #expect(evaluations.count == 2)
        #expect(evaluations.allSatisfy { ($0["accuracy"] as? Double).map { (0...1).contains($0) } == true })
        #expect(
            try fixture.folder.read("run/final/vocab.txt") == fixture.folder.read("model/vocab.txt"))
        let config = try #require(
            try JSONSerialization.jsonObject(with: fixture.folder.read("run/final/config.json"))
                as? [String: Any])
        #expect(config["id2label"] as? [String: String] == ["0": "neg", "1": "neutral", "2": "pos"])
        #expect(config["architectures"] as? [String] == ["BertForSequenceClassification"])
        let said = try parp(
            ["classify", "--model", "run/final", "we loved a film", "--json"], in: fixture.folder)
        let answer = try #require(
            try JSONSerialization.jsonObject(with: Data(said.output.utf8)) as? [String: Any])
        let probabilities = try #require(answer["probabilities"] as? [String: Double])
        #expect(abs(probabilities.values.reduce(0, +) - 1) < 1e-6)
        #expect(probabilities.max { $0.value < $1.value }?.key == answer["prediction"] as? String)
        let evaluated = try parp(
            ["evaluate", "--model", "run/final", "--data", "train.jsonl", "--max-tokens", "12", "--json"],
            in: fixture.folder)
        let result = try #require(
            try JSONSerialization.jsonObject(with: Data(evaluated.output.utf8)) as? [String: Any])
        #expect(result["accuracy"] as? Double == evaluations.last?["accuracy"] as? Double)
        #expect(abs((result["sparsity"] as? Double ?? 0) - 0.5) < 1e-3)
    }

    @Test("one, two and three ranks give the same losses; killed and resumed is as if undisturbed")
    func ranks() throws {
        let fixture = try TextFixture()
        for ranks in 1...3 {
            let outcome = try parp(train + ["ranks-\(ranks)"], ranks: ranks, in: fixture.folder)
            #expect(outcome.status == 0, "\(outcome.screen)")
        }
        let losses = try (1...3).map { ranks in
            try fixture.events("ranks-\(ranks)", "train").compactMap { $0["loss"] as? Double }
        }
        for other in losses.dropFirst() {
            #expect(other.count == 8)
            for (a, b) in zip(losses[0], other) { #expect(abs(a - b) < 1e-5 * abs(a)) }
        }
        _ = try parp(train + ["run", "--inject", "kill@step=6"], in: fixture.folder)
        let resumed = try parp(train + ["run", "--resume"], in: fixture.folder)
        #expect(resumed.status == 0, "\(resumed.screen)")
        #expect(
            try fixture.folder.read("run/final/model.safetensors")
                == fixture.folder.read("ranks-1/final/model.safetensors"))
    }

    @Test(
        "what cannot be used is said, with the fix: empty texts, labels never seen, speech models, too many tokens"
    )
    func refusals() throws {
        let fixture = try TextFixture()
        let lines = (0..<6).map { TextFixture.line($0) }
        try fixture.folder.write(
            (lines + ["{\"text\": \" \", \"label\": \"neg\"}"]).joined(separator: "\n"), to: "empty.jsonl")
        try fixture.folder.write(
            (lines + [TextFixture.line(7, label: "other")]).joined(separator: "\n"), to: "unseen.jsonl")
        let cases: [([String], Int32, String)] = [
            (["--set", "data.train=empty.jsonl"], 65, "empty.jsonl:7: an empty text"),
            (["--set", "data.valid=unseen.jsonl"], 65, "the label \"other\" is none of neg, neutral, pos"),
            (["--set", "data.max_tokens=600"], 64, "has 40 positions"),
            (["--set", "data.batch_seconds=3.0"], 64, "batch_seconds"),
        ]
        for (arguments, status, sentence) in cases {
            let outcome = try parp(train + ["refused"] + arguments, in: fixture.folder)
            #expect(outcome.status == status && outcome.screen.contains(sentence), "\(outcome.screen)")
        }
        let long = String(repeating: "film ", count: 60)
        for (arguments, sentence) in [
            (["--model", "model", ""], "an empty text"), (["--model", "model", long], "40 positions"),
            (
                [
                    "--model", repository.appendingPathComponent("Tests/Golden/models/tiny-stable").path,
                    "a film",
                ], "it is a speech model"
            ),
        ] {
            let outcome = try parp(["classify"] + arguments, in: fixture.folder)
            #expect(outcome.status == 65 && outcome.screen.contains(sentence), "\(outcome.screen)")
        }
    }
}
