import Foundation
import Testing

/// Nothing that exists is replaced unasked, by whatever command.
struct OverwriteTests {
    /// A command that writes, up to its `--output`.
    struct Writer: CustomTestStringConvertible {
        let arguments: [String]
        /// What it reads.
        let sources: [String]
        var testDescription: String { arguments.prefix { !$0.hasPrefix("-") }.joined(separator: " ") }

        func run(_ output: String, _ more: [String] = [], in folder: TemporaryFolder) throws -> Outcome {
            try parp(arguments + ["--output", output] + more, in: folder)
        }
    }

    static let modelWriters = [
        Writer(arguments: ["prune", "--model", "model", "--sparsity", "0.5"], sources: ["model"]),
        Writer(arguments: ["convert", "model"], sources: ["model"]),
        Writer(
            arguments: ["mask", "apply", "--mask", "pruned/mask.safetensors", "--model", "model"],
            sources: ["model", "pruned"]),
        Writer(arguments: ["init", "--preset", "tiny"], sources: []),
        Writer(arguments: ["unpack", "model.pack"], sources: []),
    ]

    static let fileWriters = [
        Writer(arguments: ["pack", "--model", "model"], sources: []),
        Writer(
            arguments: ["mask", "convert", "pruned/mask.safetensors"], sources: ["pruned/mask.safetensors"]),
        Writer(arguments: ["corpus", "convert", "train.jsonl"], sources: ["train.jsonl"]),
        Writer(arguments: ["corpus", "normalize", "train.jsonl"], sources: ["train.jsonl"]),
    ]

    /// A fixture with a pruned model and a packed one, a folder of other files, and a run that was taken apart.
    private func fixture() throws -> Fixture {
        let fixture = try Fixture()
        let folder = fixture.folder
        let prune = ["prune", "--model", "model", "--sparsity", "0.3", "--output", "pruned"]
        #expect(try parp(prune, in: folder).status == 0)
        #expect(try parp(["pack", "--model", "model", "--output", "model.pack"], in: folder).status == 0)
        for name in ["texts", "run/best"] {
            try FileManager.default.createDirectory(
                atPath: folder.file(name), withIntermediateDirectories: true)
        }
        try folder.write("mine", to: "texts/notes.txt")
        try folder.write("{}", to: "run/metrics.jsonl")
        try folder.write("{}", to: "run/best/config.json")
        try FileManager.default.copyItem(atPath: folder.file("model"), toPath: folder.file("other"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("link"), withDestinationPath: folder.file("model"))
        return fixture
    }

    /// All files below the folder but what the last command said, with their bytes.
    private func content(of folder: TemporaryFolder) throws -> [String: Data] {
        var content: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        where name != ".stdout" && name != ".stderr" {
            content[name] = FileManager.default.contents(atPath: folder.file(name)) ?? Data()
        }
        return content
    }

    @Test(
        "a model's folder is replaced only with --overwrite, a run, other files and the source never",
        arguments: modelWriters)
    func models(writer: Writer) throws {
        let folder = try fixture().folder
        let before = try content(of: folder)
        var refused = [
            ("other", []), ("other/", []), ("texts", []), ("texts", ["--overwrite"]), ("run", []),
            ("run", ["--overwrite"]), ("run/best", ["--overwrite"]), ("train.jsonl", ["--overwrite"]),
        ]
        for source in writer.sources {
            refused += [(source, []), (source, ["--overwrite"]), ("./" + source + "/", ["--overwrite"])]
        }
        if writer.sources.contains("model") {
            refused += [("link", ["--overwrite"]), (".", ["--overwrite"])]
        }
        for (output, more) in refused {
            let outcome = try writer.run(output, more, in: folder)
            #expect(
                outcome.status == 64 && outcome.error.contains("choose another --output"),
                "\(output) \(more): \(outcome.screen)")
        }
        #expect(try content(of: folder) == before)
        let outcome = try writer.run("other", ["--overwrite"], in: folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(try writer.run("new", in: folder).status == 0)
        #expect(try folder.read("new/model.safetensors") == folder.read("other/model.safetensors"))
    }

    @Test("a file is replaced only with --overwrite, and the source never", arguments: fileWriters)
    func files(writer: Writer) throws {
        let folder = try fixture().folder
        try folder.write("mine", to: "taken.safetensors")
        let before = try content(of: folder)
        var refused = [("taken.safetensors", []), ("texts", ["--overwrite"])]
        for source in writer.sources { refused += [(source, []), (source, ["--overwrite"])] }
        for (output, more) in refused {
            let outcome = try writer.run(output, more, in: folder)
            #expect(outcome.status == 64, "\(output) \(more): \(outcome.screen)")
        }
        #expect(try content(of: folder) == before)
        let outcome = try writer.run("taken.safetensors", ["--overwrite"], in: folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(try folder.read("taken.safetensors") != Data("mine".utf8))
    }

    @Test("a run is written neither into a model nor over another run's remains", arguments: [1, 2])
    func runs(ranks: Int) throws {
        let fixture = try Fixture()
        let folder = fixture.folder
        func train(_ output: String, _ more: [String] = []) throws -> Outcome {
            try parp(["train", "recipe.toml", "--output", output] + more, ranks: ranks, in: folder)
        }
        for output in ["model", "model/run"] {
            let outcome = try train(output)
            #expect(outcome.status == 64, "\(outcome.screen)")
            #expect(
                outcome.count("model.path") == 1 || outcome.count("holds a model") == 1, "\(outcome.screen)")
        }
        #expect(try train("run").status == 0)
        // Whole, it is resumed, with nothing left to do.
        #expect(try train("run", ["--resume"]).status == 0)
        let best = try folder.read("run/best/model.safetensors")
        func lose(_ name: String, expecting sentence: String) throws {
            let files = FileManager.default
            try files.moveItem(atPath: folder.file("run/\(name)"), toPath: folder.file("lost"))
            for more in [[], ["--resume"]] {
                let outcome = try train("run", more)
                let expected = more.isEmpty && name == "checkpoints" ? "holds a run already" : sentence
                #expect(outcome.status == 64 && outcome.count(expected) == 1, "\(name): \(outcome.screen)")
            }
            #expect(try folder.read("run/best/model.safetensors") == best)
            try files.moveItem(atPath: folder.file("lost"), toPath: folder.file("run/\(name)"))
        }
        try lose(
            "recipe.toml", expecting: "holds what is left of a run (metrics.jsonl, best, final, checkpoints)")
        try lose("checkpoints", expecting: "the checkpoints of run are gone")
    }

    @Test("a run killed before its first checkpoint restarts from its beginning")
    func withoutCheckpoint() throws {
        let fixture = try Fixture()
        let train = ["train", "recipe.toml", "--output", "run"]
        let killed = try parp(train + ["--inject", "kill@step=2"], in: fixture.folder)
        #expect(killed.status != 0)
        let resumed = try parp(train + ["--resume"], in: fixture.folder)
        #expect(resumed.status == 0, "\(resumed.screen)")
    }
}
