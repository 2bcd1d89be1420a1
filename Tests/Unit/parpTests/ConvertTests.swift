import Foundation
import Testing

/// `parp convert`, and fairseq checkpoints in place of model directories.
struct ConvertTests {
    /// A fixture with its model also as a fairseq checkpoint, `model.pt`.
    private func fixture(_ name: String) throws -> Fixture {
        let fixture = try Fixture()
        try FileManager.default.copyItem(
            at: repository.appendingPathComponent("Tests/Golden/checkpoints/fairseq/\(name).pt"),
            to: URL(fileURLWithPath: fixture.folder.file("model.pt")))
        return fixture
    }

    /// What a model hears, and its losses, without the time that took.
    private func evaluation(of model: String, _ fixture: Fixture) throws -> String {
        let outcome = try parp(
            ["evaluate", "--model", model, "--data", "train.jsonl", "--json"], in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        var members = try #require(object as? [String: Any])
        members["seconds"] = nil
        let sorted = try JSONSerialization.data(withJSONObject: members, options: .sortedKeys)
        return String(decoding: sorted, as: UTF8.self)
    }

    @Test("a fairseq checkpoint is evaluated as it is and after its conversion, as its original is")
    func evaluated() throws {
        let fixture = try fixture("stable-omegaconf-zip")
        let expected = try evaluation(of: "model", fixture)
        #expect(try evaluation(of: "model.pt", fixture) == expected)
        let outcome = try parp(["convert", "model.pt", "--output", "converted"], in: fixture.folder)
        #expect(outcome.status == 0 && outcome.output.contains("wav2vec2, fine-tuned, 88 tensors"))
        #expect(try evaluation(of: "converted", fixture) == expected)
    }

    @Test("a fairseq HuBERT is trained as it is, and what is written is a HuBERT of transformers")
    func trained() throws {
        let fixture = try fixture("hubert-stable")
        let outcome = try parp(
            ["train", "recipe.toml", "--output", "run", "--set", "model.path=model.pt"], in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        let config = String(decoding: try fixture.folder.read("run/final/config.json"), as: UTF8.self)
        #expect(config.contains("\"HubertForCTC\"") && config.contains("\"model_type\": \"hubert\""))
        let weights = try fixture.folder.read("run/final/model.safetensors")
        #expect(weights.range(of: Data("hubert.encoder.layer_norm.weight".utf8)) != nil)
        #expect(weights.range(of: Data("wav2vec2.".utf8)) == nil)
    }

    @Test("an encoder alone in bfloat16 is half as large, rounded to nearest, and can start a new task")
    func encoderOnly() throws {
        let fixture = try Fixture()
        let convert = ["convert", "model", "--output", "encoder", "--bfloat16", "--encoder-only"]
        let outcome = try parp(convert, in: fixture.folder)
        #expect(outcome.status == 0 && outcome.output.contains("pre-trained"), "\(outcome.screen)")
        let weights = try fixture.folder.read("encoder/model.safetensors")
        #expect(weights.range(of: Data("lm_head".utf8)) == nil && weights.range(of: Data("F32".utf8)) == nil)
        #expect(weights.count < (try fixture.folder.read("model/model.safetensors")).count * 3 / 5)
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.file("encoder/vocab.json")))
        let trained = try parp(
            ["train", "recipe.toml", "--output", "run", "--set", "model.path=encoder"], in: fixture.folder)
        #expect(trained.status == 0, "\(trained.screen)")
        // A second rounding finds nothing to round.
        let again = ["convert", "encoder", "--output", "again", "--bfloat16", "--encoder-only"]
        #expect(try parp(again, in: fixture.folder).status == 0)
        #expect(try fixture.folder.read("again/model.safetensors") == weights)
    }

    @Test("a fine-tuned checkpoint without its dictionary is refused with the file's name, until it is given")
    func dictionary() throws {
        let fixture = try fixture("stable-cfg-legacy")
        let commands = [
            ["convert", "model.pt", "--output", "converted"],
            ["prune", "--model", "model.pt", "--sparsity", "0.5", "--output", "pruned"],
            ["evaluate", "--model", "model.pt", "--data", "train.jsonl"],
            ["train", "recipe.toml", "--output", "run", "--set", "model.path=model.pt"],
        ]
        for command in commands {
            let outcome = try parp(command, in: fixture.folder)
            #expect(outcome.status == 65 && outcome.error.contains("put dict.phn.txt"), "\(outcome.screen)")
        }
        let symbols = ["|", "A", "B", "C", "D", "E", "F"].map { "\($0) 1\n" }.joined()
        try fixture.folder.write(symbols, to: "labels.txt")
        let given = try parp(commands[0] + ["--dictionary", "labels.txt"], in: fixture.folder)
        #expect(given.status == 0, "\(given.screen)")
        #expect(try evaluation(of: "converted", fixture) == evaluation(of: "model", fixture))
        try fixture.folder.write(symbols, to: "dict.phn.txt")
        #expect(try evaluation(of: "model.pt", fixture) == evaluation(of: "model", fixture))
        try fixture.folder.write(symbols + "G 1\n", to: "dict.phn.txt")
        let longer = try parp(commands[0] + ["--overwrite"], in: fixture.folder)
        #expect(longer.status == 65 && longer.error.contains("has 12 tokens"), "\(longer.screen)")
    }

    @Test("PyTorch weights become safetensors under the names of today")
    func binary() throws {
        let fixture = try Fixture()
        try FileManager.default.copyItem(
            at: repository.appendingPathComponent("Tests/Golden/checkpoints/group-legacy"),
            to: URL(fileURLWithPath: fixture.folder.file("old")))
        let outcome = try parp(
            ["convert", "old/pytorch_model.bin", "--output", "new"], in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        let names = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.file("new")).sorted()
        #expect(names == ["config.json", "model.safetensors", "preprocessor_config.json"])
        #expect(try fixture.folder.read("new/config.json").count > 0)
    }

    @Test("a model that is not fairseq's needs no dictionary, and another folder is not overwritten")
    func usage() throws {
        let fixture = try Fixture()
        let dictionary = try parp(
            ["convert", "model", "--output", "new", "--dictionary", "x.txt"], in: fixture.folder)
        #expect(dictionary.status == 64 && dictionary.error.contains("needs no dictionary"))
        let taken = try parp(["convert", "model", "--output", "."], in: fixture.folder)
        #expect(taken.status == 64 && taken.error.contains("contains an input"), "\(taken.screen)")
    }
}
