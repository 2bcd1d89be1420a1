import Foundation
import Testing

/// Wherever a command takes a model directory, it takes the pack of one.
struct PackTests {
    /// Packs `model` of a folder as `model.pack`.
    private func pack(_ folder: TemporaryFolder) throws {
        let outcome = try parp(["pack", "--model", "model", "--output", "model.pack"], in: folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
    }

    /// Runs a command with the directory and with the pack in place of `MODEL`, which must print the same but for names,
    /// and write the same weights where it writes any to `OUT`.
    private func expectSame(_ command: [String], in folder: TemporaryFolder) throws {
        let outcomes = try ["model", "model.pack"].map { model in
            try parp(
                command.map { $0 == "MODEL" ? model : $0 == "OUT" ? "of-\(model)" : $0 }, in: folder)
        }
        let text = "\(command): \(outcomes[0].screen)\(outcomes[1].screen)"
        #expect(outcomes.allSatisfy { $0.status == 0 }, "\(text)")
        #expect(!outcomes[0].output.isEmpty && plain(outcomes[0]) == plain(outcomes[1]), "\(text)")
        guard command.contains("OUT") else { return }
        for file in ["config.json", "model.safetensors"] {
            let found = try ["model", "model.pack"].map { try folder.read("of-\($0)/\(file)") }
            #expect(found[0] == found[1], "\(command): \(file)")
        }
        for model in ["model", "model.pack"] {
            try FileManager.default.removeItem(atPath: folder.file("of-\(model)"))
        }
    }

    /// What was printed, without the model's name.
    private func plain(_ outcome: Outcome) -> String {
        outcome.output.replacingOccurrences(of: "model.pack", with: "model")
    }

    @Test("commands on a speech model give the same with its pack")
    func speech() throws {
        let folder = try Fixture().folder
        try pack(folder)
        try folder.write("BAD CAFE\n", to: "words.txt")
        for command in [
            ["transcribe", "--model", "MODEL", "0.wav", "1.wav", "--format", "json"],
            ["align", "--model", "MODEL", "0.wav", "words.txt"],
            ["corpus", "check", "train.jsonl", "--model", "MODEL"],
            ["mask", "stats", "MODEL", "--json"],
            ["prune", "--model", "MODEL", "--sparsity", "0.5", "--output", "OUT"],
            ["convert", "MODEL", "--output", "OUT"],
        ] { try expectSame(command, in: folder) }
        // Seconds differ from run to run; rates do not.
        let rates = try ["model", "model.pack"].map { model in
            let outcome = try parp(
                ["evaluate", "--model", model, "--data", "train.jsonl", "--json"], in: folder)
            let report = try #require(
                JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
            return try #require(report["cer"] as? Double)
        }
        #expect(rates[0] == rates[1])
    }

    @Test("masks are applied to a pack, and a pack's zeros are a mask")
    func masks() throws {
        let folder = try Fixture().folder
        try pack(folder)
        let pruned = try parp(
            ["prune", "--model", "model", "--sparsity", "0.6", "--output", "sparse"], in: folder)
        #expect(pruned.status == 0, "\(pruned.screen)")
        let packed = try parp(["pack", "--model", "sparse", "--output", "sparse.pack"], in: folder)
        #expect(packed.status == 0, "\(packed.screen)")
        for mask in ["sparse/mask.safetensors", "sparse", "sparse.pack"] {
            try expectSame(
                ["mask", "apply", "--mask", mask, "--model", "MODEL", "--output", "OUT"], in: folder)
        }
        let same = try parp(["mask", "compare", "sparse", "sparse.pack", "--json"], in: folder)
        #expect(same.status == 0 && same.output.contains("\"iou\": 1.0,"), "\(same.screen)")
    }

    @Test("commands on a model of text give the same with its pack")
    func text() throws {
        let folder = try TextFixture().folder
        // The golden model has three classes; its names are those of the examples.
        try folder.write("the film was good\nwe loved a long film\n", to: "texts.txt")
        try pack(folder)
        for command in [
            ["tokenize", "--model", "MODEL", "texts.txt", "--json"],
            ["classify", "--model", "MODEL", "--data", "texts.txt", "--json"],
            ["corpus", "check", "train.jsonl", "--model", "MODEL"],
            ["prune", "--model", "MODEL", "--sparsity", "0.5", "--output", "OUT"],
            ["convert", "MODEL", "--output", "OUT"],
        ] { try expectSame(command, in: folder) }
    }

    @Test("a run from a pack, of speech or text, ends with the model of one from the directory")
    func training() throws {
        for (folder, kept) in [
            (try Fixture().folder, "vocab.json"), (try TextFixture().folder, "vocab.txt"),
        ] {
            try pack(folder)
            for model in ["model", "model.pack"] {
                let outcome = try parp(
                    [
                        "train", "recipe.toml", "--set", "model.path=\(model)", "--set",
                        "schedule.updates=2", "--output", "run-\(model)",
                    ], in: folder)
                #expect(outcome.status == 0, "\(outcome.screen)")
            }
            for file in ["model.safetensors", "config.json", kept] {
                let found = try ["model", "model.pack"].map { try folder.read("run-\($0)/final/\(file)") }
                #expect(found[0] == found[1], "\(file)")
            }
            let plan = try parp(
                ["plan", "recipe.toml", "--set", "model.path=model.pack", "--ranks", "1"], in: folder)
            #expect(plan.status == 0, "\(plan.screen)")
        }
    }

    @Test("what cannot be done to a pack is refused with what to do instead")
    func refused() throws {
        let folder = try Fixture().folder
        try pack(folder)
        let again = try parp(["pack", "--model", "model.pack", "--output", "again"], in: folder)
        #expect(again.status == 65 && again.error.contains("model.pack: is a pack already"))
        try folder.write("\\data\\\nngram 1=1\n\n\\1-grams:\n-1 BAD\n\\end\\\n", to: "lm.arpa")
        let attached = try parp(["lm", "attach", "model.pack", "--lm", "lm.arpa"], in: folder)
        #expect(attached.status == 64 && attached.error.contains("`parp unpack`"), "\(attached.screen)")
        let inPlace = try parp(
            ["prune", "--model", "model.pack", "--sparsity", "0.5", "--output", "model.pack"], in: folder)
        #expect(inPlace.status == 64 && inPlace.error.contains("is an input"), "\(inPlace.screen)")
    }

    @Test("what a pack leaves out of a folder is said")
    func leftOut() throws {
        let folder = try Fixture().folder
        for name in ["model/language_model", "model/.cache"] {
            try FileManager.default.createDirectory(
                atPath: folder.file(name), withIntermediateDirectories: true)
        }
        let outcome = try parp(["pack", "--model", "model", "--output", "model.pack"], in: folder)
        #expect(
            outcome.status == 0
                && outcome.output.hasSuffix("left out, being folders or hidden: .cache, language_model\n"),
            "\(outcome.screen)")
    }
}
