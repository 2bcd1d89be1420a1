import Foundation
import Testing

/// What people bring from elsewhere, through the command as they type it.
struct FieldTests {
    private func json(_ text: some StringProtocol) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    /// The events of a kind in a run's log.
    private func events(_ kind: String, of run: String, in folder: TemporaryFolder) throws -> [[String: Any]]
    {
        let log = String(decoding: try folder.read("\(run)/metrics.jsonl"), as: UTF8.self)
        return try log.split(separator: "\n").map { try json($0) }.filter { $0["kind"] as? String == kind }
    }

    /// Puts other numbers of the same length in place of a tensor's.
    private func setTensor(_ name: String, of model: String, to value: Float, in folder: TemporaryFolder)
        throws
    {
        var data = try folder.read("\(model)/model.safetensors")
        let length = Int(
            data.prefix(8).enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * $1.offset) })
        let header = try json(String(decoding: data[8..<8 + length], as: UTF8.self))
        let entry = try #require(header[name] as? [String: Any])
        let offsets = try #require(entry["data_offsets"] as? [Int])
        let bytes = withUnsafeBytes(of: value.bitPattern.littleEndian) { Data($0) }
        for place in stride(from: 8 + length + offsets[0], to: 8 + length + offsets[1], by: 4) {
            data.replaceSubrange(place..<place + 4, with: bytes)
        }
        try folder.write(data, to: "\(model)/model.safetensors")
    }

    // MARK: NaN losses

    @Test(
        "a model whose loss is no number is never the best, though its error rate is one", arguments: [1, 2])
    func notANumber(ranks: Int) throws {
        let fixture = try Fixture()
        // Finite weights with infinite products with the frames.
        try setTensor("lm_head.weight", of: "model", to: 3e38, in: fixture.folder)
        let evaluated = try parp(
            ["evaluate", "--model", "model", "--data", "train.jsonl"], ranks: ranks, in: fixture.folder)
        #expect(evaluated.output.contains("loss nan"), "\(evaluated.screen)")
        let outcome = try parp(
            ["train", "recipe.toml", "--output", "run", "--set", "schedule.updates=2"]
                + ["--set", "evaluation.every_updates=1"], ranks: ranks, in: fixture.folder)
        let evaluations = try events("eval", of: "run", in: fixture.folder)
        #expect(!evaluations.isEmpty, "\(outcome.screen)")
        #expect(evaluations.allSatisfy { $0["best"] as? Bool == false && !($0["loss"] is Double) })
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.file("run/best")))
    }

    @Test("a loss that a text too long made infinite is shown as such, in tables, objects and logs")
    func infinite() throws {
        let fixture = try Fixture()
        let long = String(repeating: "ABCDEF", count: 20)
        let evaluate = ["evaluate", "--model", "model", "--data", "long.jsonl"]
        try fixture.writeManifest([fixture.line(0, text: long)], to: "long.jsonl")
        let alone = try parp(evaluate, in: fixture.folder)
        #expect(
            alone.output.contains(
                "loss inf nats an utterance (1 of 1 have a text too long for their frames);"),
            "\(alone.screen)")
        try fixture.writeManifest(
            [fixture.line(0, text: long), fixture.line(1), fixture.line(2)], to: "long.jsonl")
        for ranks in [1, 2] {
            let mixed = try parp(evaluate, ranks: ranks, in: fixture.folder)
            #expect(
                mixed.output.contains("loss inf nats an utterance (1 of 3 have a text too long"),
                "\(mixed.screen)")
            #expect(mixed.output.contains(" over the others)"))
        }
        let object = try json(try parp(evaluate + ["--json"], in: fixture.folder).output)
        #expect(object["infinite_losses"] as? Int == 1)
        let train = ["train", "recipe.toml", "--output", "run", "--set", "data.valid=long.jsonl"]
        let outcome = try parp(train + ["--set", "schedule.updates=1"], in: fixture.folder)
        #expect(outcome.status == 0 && outcome.output.contains("loss inf"), "\(outcome.screen)")
        #expect(
            try events("eval", of: "run", in: fixture.folder).allSatisfy {
                $0["infinite_losses"] as? Int == 1
            })
    }

    // MARK: Models

    @Test("a model without a vocabulary can be pruned, and what is written has none either")
    func withoutVocabulary() throws {
        let fixture = try Fixture()
        for name in ["vocab.json", "tokenizer_config.json", "special_tokens_map.json"] {
            try? FileManager.default.removeItem(atPath: fixture.folder.file("model/\(name)"))
        }
        let prune = ["prune", "--model", "model", "--sparsity", "0.5", "--output", "pruned"]
        let outcome = try parp(prune, in: fixture.folder)
        #expect(outcome.status == 0 && outcome.output.contains("(50.0000 %)"), "\(outcome.screen)")
        let names = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.file("pruned"))
            .sorted()
        #expect(
            names == ["config.json", "mask.safetensors", "model.safetensors", "preprocessor_config.json"])
        let trained = try parp(
            ["train", "recipe.toml", "--output", "run", "--set", "model.path=pruned"], in: fixture.folder)
        #expect(trained.status == 0, "\(trained.screen)")
    }

    @Test(
        "a model with a head for another task gives its encoder, with a warning",
        arguments: [
            ["convert", "model", "--output", "new"],
            ["prune", "--model", "model", "--sparsity", "0", "--output", "new"],
            ["train", "recipe.toml", "--output", "new"],
        ])
    func otherHeads(command: [String]) throws {
        let fixture = try Fixture()
        let folder = fixture.folder
        // As long as the name it replaces, so that no length changes.
        let weights = try #require(
            String(data: folder.read("model/model.safetensors"), encoding: .isoLatin1)
        )
        .replacingOccurrences(of: "\"lm_head.", with: "\"xvector.")
        try folder.write(try #require(weights.data(using: .isoLatin1)), to: "model/model.safetensors")
        let config = String(decoding: try folder.read("model/config.json"), as: UTF8.self)
            .replacingOccurrences(of: "Wav2Vec2ForCTC", with: "Wav2Vec2ForXVector")
        try folder.write(config, to: "model/config.json")
        let outcome = try parp(command, in: folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(
            outcome.count("warning: model/model.safetensors: has a head for another task (xvector.") >= 1,
            "\(outcome.screen)")
        let model = command[0] == "train" ? "new/final" : "new"
        let written = try folder.read("\(model)/model.safetensors")
        #expect(written.range(of: Data("xvector".utf8)) == nil)
        #expect(written.range(of: Data("encoder.layer_norm.weight".utf8)) != nil)
        #expect(try folder.read("\(model)/config.json").range(of: Data("XVector".utf8)) == nil)
    }

    // MARK: Recordings

    @Test(
        "folders and manifests are transcribed as their files are, in order, on any number of ranks",
        arguments: [1, 2])
    func listings(ranks: Int) throws {
        let fixture = try Fixture()
        let folder = fixture.folder
        func transcribe(_ names: [String], ranks: Int) throws -> Outcome {
            try parp(["transcribe", "--model", "model"] + names, ranks: ranks, in: folder)
        }
        try FileManager.default.createDirectory(
            atPath: folder.file("talk/b"), withIntermediateDirectories: true)
        for (from, to) in [("0.wav", "talk/0.wav"), ("1.wav", "talk/b/1.wav"), ("2.wav", "talk/2.wav")] {
            try FileManager.default.copyItem(atPath: folder.file(from), toPath: folder.file(to))
        }
        try folder.write("no recording", to: "talk/notes.txt")
        let files = try transcribe(["talk/0.wav", "talk/2.wav", "talk/b/1.wav"], ranks: 1)
        #expect(files.status == 0 && files.output.split(separator: "\n").count == 3, "\(files.screen)")
        // A folder's recordings are named by their whole paths.
        let listed = try transcribe(["talk"], ranks: ranks)
        let names = listed.output.replacing(folder.path + "/", with: "")
        #expect(listed.status == 0 && names == files.output, "\(listed.screen)")
        let manifest = try transcribe(["train.jsonl", "talk/0.wav"], ranks: ranks)
        let lines = manifest.output.split(separator: "\n").map(String.init)
        #expect(manifest.status == 0 && lines.count == Fixture.texts.count + 1, "\(manifest.screen)")
        #expect(lines.last == files.output.split(separator: "\n").first.map(String.init))
        for index in Fixture.texts.indices {
            #expect(lines[index].hasPrefix("\(index).wav\t") || lines[index].contains("/\(index).wav\t"))
        }
    }

    @Test("pieces of a recording are named by their ids and transcribed separately", arguments: [1, 2])
    func pieces(ranks: Int) throws {
        let fixture = try Fixture()
        let line = "{\"audio_filepath\": \"5.wav\", \"text\": \"\", \"duration\": 0.5, "
        try fixture.writeManifest(
            [line + "\"offset\": 0.0, \"id\": \"first\"}", line + "\"offset\": 0.5, \"id\": \"second\"}"],
            to: "pieces.jsonl")
        let outcome = try parp(
            ["transcribe", "--model", "model", "pieces.jsonl", "--json"], ranks: ranks, in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        let found = try outcome.output.split(separator: "\n").map { try json($0) }
        #expect(found.map { $0["id"] as? String } == ["first", "second"])
        #expect(found.map { $0["offset"] as? Double } == [0, 0.5])
        #expect(found.map { $0["duration"] as? Double } == [0.5, 0.5])
    }

    @Test("one bad file of many is named, and costs the others nothing", arguments: [1, 2])
    func badFile(ranks: Int) throws {
        let fixture = try Fixture()
        try fixture.folder.write("no recording", to: "bad.wav")
        let good = try parp(
            ["transcribe", "--model", "model", "0.wav", "1.wav", "2.wav"], in: fixture.folder)
        let outcome = try parp(
            ["transcribe", "--model", "model", "0.wav", "bad.wav", "1.wav", "absent.wav", "2.wav"],
            ranks: ranks, in: fixture.folder)
        #expect(outcome.status == 65 && outcome.output == good.output, "\(outcome.screen)")
        #expect(outcome.error.contains("bad.wav: ") && outcome.error.contains("absent.wav: "))
        #expect(outcome.error.contains("2 of 5 recordings could not be transcribed; the others are"))
    }

    // MARK: Texts

    @Test("normalize cleans texts as requested, reports what it changed, and lists digits")
    func normalize() throws {
        let fixture = try Fixture()
        let folder = fixture.folder
        let texts = ["Bad Cafe\u{301}!", "FADE", "well-read; don't", "A  CAB", "Room 12", "…"]
        try fixture.writeManifest(texts.indices.map { fixture.line($0, text: texts[$0]) })
        let source = try folder.read("train.jsonl")
        let outcome = try parp(
            ["corpus", "normalize", "train.jsonl", "--output", "clean.jsonl", "--text-case", "lower"]
                + ["--punctuation", "drop", "--drop-characters", "Rm"], in: folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        let clean = String(decoding: try folder.read("clean.jsonl"), as: UTF8.self)
        let found = try clean.split(separator: "\n").map { try #require(try json($0)["text"] as? String) }
        let expected = ["bad café", "fade", "well read don't", "a cab", "roo 12", ""]
        #expect(found.count == expected.count)
        for (text, wanted) in zip(found, expected) {
            #expect(text.unicodeScalars.elementsEqual(wanted.unicodeScalars), "\(text)")
        }
        #expect(
            outcome.output.contains(
                "6 of 6 texts changed: Unicode form 1, case 4, characters dropped 1, white space 1, punctuation 3"
            ),
            "\(outcome.output)")
        #expect(outcome.output.contains("1 texts contain digits") && outcome.output.contains("roo 12"))
        #expect(outcome.output.contains("1 texts are left empty"))
        #expect(try folder.read("train.jsonl") == source)
        // What is clean stays as it is.
        let again = try parp(
            ["corpus", "normalize", "clean.jsonl", "--output", "again.jsonl", "--text-case", "lower"]
                + ["--punctuation", "drop"], in: folder)
        #expect(again.output.contains("0 of 6 texts changed"), "\(again.screen)")
        #expect(try folder.read("again.jsonl") == folder.read("clean.jsonl"))
    }
}
