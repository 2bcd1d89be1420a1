import Foundation
import Testing

/// Two folders as two hosts: the same relative paths, perhaps one with other content.
private struct TwoHosts {
    let first: Fixture
    let second: Fixture

    init() throws { (first, second) = (try Fixture(), try Fixture()) }

    /// Runs a command with a rank in each folder.
    func parp(_ arguments: [String], second other: [String]? = nil) throws -> Outcome {
        func rank(_ folder: TemporaryFolder, _ arguments: [String]) -> [String] {
            ["-np", "1", "-wdir", folder.path, parpCommand.path] + arguments
        }
        return try run(
            ["timeout", "-k", "5", "90", "mpirun", "--oversubscribe", "--bind-to", "none"]
                + rank(first.folder, arguments) + [":"] + rank(second.folder, other ?? arguments),
            in: first.folder)
    }

    /// Makes `pretrain.toml` of both recipes, without what pre-training has not.
    func writePretraining() throws {
        for host in [first, second] {
            let recipe = String(decoding: try host.folder.read("recipe.toml"), as: UTF8.self)
                .replacingOccurrences(of: "freeze_feature_encoder = true\n", with: "")
                .replacingOccurrences(of: "[pruning]\ninterval = 3\n", with: "")
            try host.folder.write(recipe, to: "pretrain.toml")
        }
    }
}

struct HostsTests {
    private func train(in hosts: TwoHosts) -> [String] {
        ["train", "recipe.toml", "--output", hosts.first.folder.file("run")]
    }

    @Test("ranks that see the same files train, wherever these are")
    func same() throws {
        let hosts = try TwoHosts()
        let outcome = try hosts.parp(train(in: hosts) + ["--set", "schedule.updates=2"])
        #expect(outcome.status == 0, "\(outcome.screen)")
    }

    @Test(
        "another file on one host ends a command with 65, the file's name and the rank, before anything is trained",
        arguments: ["train.jsonl", "model/vocab.json", "model/config.json", "recipe.toml"],
        ["train", "evaluate", "compare", "pretrain"])
    func other(file: String, command: String) throws {
        if file == "recipe.toml" && command == "evaluate" { return }
        let hosts = try TwoHosts()
        var text = String(decoding: try hosts.second.folder.read(file), as: UTF8.self)
        if file == "train.jsonl" {
            // One utterance less.
            text = text.split(separator: "\n").dropLast().joined(separator: "\n") + "\n"
        } else if file == "recipe.toml" {
            text = text.replacingOccurrences(of: "updates = 8", with: "updates = 9")
        } else {
            text += "\n"
        }
        try hosts.second.folder.write(text, to: file)
        let output = hosts.first.folder.file("run")
        let arguments =
            switch command {
            case "evaluate": ["evaluate", "--model", "model", "--data", "train.jsonl"]
            case "compare":
                ["compare", "recipe.toml", "--methods", "dense", "--sparsities", "0.5", "--output", output]
            case "pretrain": ["pretrain", "pretrain.toml", "--output", output]
            default: train(in: hosts)
            }
        try hosts.writePretraining()
        let outcome = try hosts.parp(arguments)
        #expect(outcome.status == 65, "\(outcome.screen)")
        let named = file == "recipe.toml" ? "schedule.updates: 8 on " : "\(file): "
        #expect(outcome.error.contains(named), "\(outcome.screen)")
        #expect(outcome.error.contains("(rank 1)"), "\(outcome.screen)")
        #expect(!FileManager.default.fileExists(atPath: output + "/metrics.jsonl"))
    }

    @Test(
        "another recording under the same name ends a command with 65 and the manifest's line, whatever differs of it",
        arguments: ["length", "sound", "absence"], ["train", "evaluate", "pretrain"])
    func recording(difference: String, command: String) throws {
        let hosts = try TwoHosts()
        let path = hosts.second.folder.file("2.wav")
        switch difference {
        case "length": try hosts.second.folder.write(wav(seconds: 0.5, tone: 2), to: "2.wav")
        // As many bytes as before.
        case "sound": try hosts.second.folder.write(wav(seconds: 0.75, tone: 4), to: "2.wav")
        default: try FileManager.default.removeItem(atPath: path)
        }
        let output = hosts.first.folder.file("run")
        if command == "pretrain" { try hosts.writePretraining() }
        let arguments =
            switch command {
            case "evaluate": ["evaluate", "--model", "model", "--data", "train.jsonl"]
            case "pretrain": ["pretrain", "pretrain.toml", "--output", output]
            default: train(in: hosts)
            }
        let outcome = try hosts.parp(arguments)
        #expect(outcome.status == 65, "\(outcome.screen)")
        #expect(outcome.error.contains("train.jsonl:3: 2.wav: "), "\(outcome.screen)")
        #expect(outcome.error.contains("(rank 1)"), "\(outcome.screen)")
        #expect(!FileManager.default.fileExists(atPath: output + "/metrics.jsonl"))
    }

    @Test("another seed, and another program, on one host are named")
    func seedAndProgram() throws {
        let hosts = try TwoHosts()
        let arguments = train(in: hosts)
        let seeds = try hosts.parp(arguments, second: arguments + ["--set", "seed=1"])
        #expect(seeds.status == 65, "\(seeds.screen)")
        #expect(seeds.error.contains("recipe.toml: seed: 2337 on "), "\(seeds.screen)")
        // The same program, but for a byte after its end.
        let program = hosts.second.folder.file("parp")
        try FileManager.default.copyItem(atPath: parpCommand.path, toPath: program)
        let handle = try #require(FileHandle(forWritingAtPath: program))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data([1]))
        try handle.close()
        let outcome = try run(
            [
                "timeout", "-k", "5", "90", "mpirun", "--oversubscribe", "--bind-to", "none", "-np", "1",
                "-wdir",
                hosts.first.folder.path, parpCommand.path,
            ] + arguments + [":", "-np", "1", "-wdir", hosts.first.folder.path, program] + arguments,
            in: hosts.first.folder)
        #expect(outcome.status == 65, "\(outcome.screen)")
        #expect(
            outcome.error.contains("(rank 1)") && outcome.error.contains("bytes, hash"), "\(outcome.screen)")
    }

    @Test("a run continues with data moved unchanged, not with others under the same path")
    func resume() throws {
        let fixture = try Fixture()
        let train = ["train", "recipe.toml", "--output", "run"]
        #expect(
            try parp(
                train + ["--set", "schedule.updates=8", "--inject", "signal@step=5"], in: fixture.folder
            ).status == 85)
        // Another text of one recording, under the same path.
        let manifest = try fixture.folder.read("train.jsonl")
        try fixture.writeManifest(
            Fixture.texts.indices.map { fixture.line($0, text: $0 == 0 ? "FACE" : nil) })
        let other = try parp(train + ["--resume"], in: fixture.folder)
        #expect(other.status == 65, "\(other.screen)")
        #expect(other.error.contains("data.train = \"train.jsonl\" is not what it was"), "\(other.screen)")
        // The same recordings and texts elsewhere.
        try FileManager.default.createDirectory(
            atPath: fixture.folder.file("moved"), withIntermediateDirectories: true)
        for index in Fixture.texts.indices {
            try FileManager.default.moveItem(
                atPath: fixture.folder.file("\(index).wav"), toPath: fixture.folder.file("moved/\(index).wav")
            )
        }
        try fixture.folder.write(manifest, to: "moved/train.jsonl")
        let moved = try parp(
            train + [
                "--resume", "--set", "data.train=moved/train.jsonl", "--set", "data.valid=moved/train.jsonl",
            ],
            in: fixture.folder)
        #expect(moved.status == 0, "\(moved.screen)")
        #expect(moved.count("continuing after update") == 1, "\(moved.screen)")
    }
}
