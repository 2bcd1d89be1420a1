import Foundation
import Testing

private let train = ["train", "recipe.toml", "--output", "run"]

/// The lines of a `metrics.jsonl`.
private func metrics(_ fixture: Fixture, _ name: String = "run") throws -> [[String: Any]] {
    try String(decoding: fixture.folder.read(name + "/metrics.jsonl"), as: UTF8.self)
        .split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
}

/// The loss of each update, each stated once, in a resumed run, too.
private func losses(_ fixture: Fixture, _ name: String) throws -> [Int: Double] {
    var losses: [Int: Double] = [:]
    for line in try metrics(fixture, name) where line["kind"] as? String == "train" {
        let earlier = losses.updateValue(
            try #require(line["loss"] as? Double), forKey: try #require(line["step"] as? Int))
        #expect(earlier == nil)
    }
    return losses
}

struct RunTests {
    @Test("a run leaves what its directory promises")
    func directory() throws {
        let fixture = try Fixture()
        let outcome = try parp(train, in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        for name in [
            "recipe.toml", "environment.json", "metrics.jsonl", "checkpoints/step-8/state.safetensors",
            "masks/step-0.safetensors", "best/model.safetensors", "final/model.safetensors",
            "final/config.json", "final/vocab.json", "final/preprocessor_config.json",
            "final/tokenizer_config.json", "final/README.md",
        ] {
            #expect(FileManager.default.fileExists(atPath: fixture.folder.file("run/" + name)), "\(name)")
        }
        let lines = try metrics(fixture)
        func steps(_ kind: String) -> [Int] {
            lines.filter { $0["kind"] as? String == kind }.compactMap { $0["step"] as? Int }
        }
        #expect(steps("train") == Array(1...8))
        #expect(steps("prune") == [0, 3, 6, 8])
        #expect(steps("eval") == [4, 8])
        #expect(steps("checkpoint") == [2, 4, 6, 8])
        for line in lines where line["kind"] as? String == "prune" {
            let pool = try #require(line["pool"] as? Int)
            #expect(line["pruned"] as? Int == Int((0.5 * Double(pool)).rounded(.toNearestOrEven)))
        }
        // The resolved recipe is a recipe, and the same.
        let recipe = String(decoding: try fixture.folder.read("run/recipe.toml"), as: UTF8.self)
        #expect(try parp(["recipe", "run/recipe.toml"], in: fixture.folder).output == recipe)
    }

    @Test("a precision chosen by a probe is recorded, and kept on resuming")
    func precision() throws {
        let fixture = try Fixture()
        let auto = ["--set", "precision.gemm=auto"]
        let outcome = try parp(train + auto + ["--set", "schedule.updates=4"], ranks: 2, in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(outcome.count("precision: ") == 1, "\(outcome.screen)")
        let environment = try #require(
            try JSONSerialization.jsonObject(with: fixture.folder.read("run/environment.json"))
                as? [String: Any])
        let chosen = try #require(environment["precision"] as? String)
        #expect((environment["precision_probe"] as? [String: Any])?["float32_seconds"] is Double)
        func recipe() throws -> String {
            String(decoding: try fixture.folder.read("run/recipe.toml"), as: UTF8.self)
        }
        #expect(try recipe().contains("gemm = \"\(chosen)\""))
        // As if a faster machine had started it.
        let other = "float32"
        try fixture.folder.write(
            try recipe().replacingOccurrences(of: "gemm = \"\(chosen)\"", with: "gemm = \"\(other)\""),
            to: "run/recipe.toml")
        let resumed = try parp(
            train + auto + ["--set", "schedule.updates=4", "--resume"], ranks: 2, in: fixture.folder)
        #expect(resumed.status == 0, "\(resumed.screen)")
        #expect(resumed.count("precision: ") == 0, "\(resumed.screen)")
        #expect(try recipe().contains("gemm = \"\(other)\""))
    }

    @Test("a run that was killed and resumed equals one that was not, bit for bit")
    func resume() throws {
        let fixture = try Fixture()
        let sets = [
            "--set", "schedule.updates=40", "--set", "checkpoint.keep=2", "--set",
            "evaluation.every_updates=5",
        ]
        let whole = ["train", "recipe.toml", "--output", "whole"] + sets
        #expect(try parp(whole, in: fixture.folder).status == 0)

        let process = Process()
        process.executableURL = parpCommand
        process.arguments = train + sets
        process.currentDirectoryURL = URL(fileURLWithPath: fixture.folder.path)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let deadline = Date(timeIntervalSinceNow: 60)
        let reached = fixture.folder.file("run/checkpoints/step-10/state.json")
        while !FileManager.default.fileExists(atPath: reached), Date() < deadline {
            Thread.sleep(forTimeInterval: 0.002)
        }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        // It was interrupted midway.
        #expect(process.terminationReason == .uncaughtSignal)
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.file("run/final")))

        let resumed = try parp(train + sets + ["--resume"], in: fixture.folder)
        #expect(resumed.status == 0, "\(resumed.screen)")
        #expect(resumed.count("continuing after update ") == 1, "\(resumed.screen)")
        #expect(try losses(fixture, "run") == losses(fixture, "whole"))
        #expect(try losses(fixture, "run").count == 40)
        for name in [
            "final/model.safetensors", "best/model.safetensors", "checkpoints/step-40/state.safetensors",
            "masks/step-39.safetensors", "masks/step-40.safetensors",
        ] {
            let same = try fixture.folder.read("run/" + name) == fixture.folder.read("whole/" + name)
            #expect(same, "\(name)")
        }
    }

    @Test("a broken newest checkpoint is named, and the one before it is used")
    func brokenCheckpoint() throws {
        let fixture = try Fixture()
        #expect(try parp(train, in: fixture.folder).status == 0)
        let final = try fixture.folder.read("run/final/model.safetensors")
        let path = "run/checkpoints/step-8/state.safetensors"
        try fixture.folder.write(try fixture.folder.read(path).prefix(5000), to: path)
        let resumed = try parp(train + ["--resume"], in: fixture.folder)
        #expect(resumed.status == 0, "\(resumed.screen)")
        #expect(resumed.count("step-8/state.safetensors") == 1, "\(resumed.screen)")
        #expect(resumed.count("continuing after update 6") == 1, "\(resumed.screen)")
        let same = try fixture.folder.read("run/final/model.safetensors") == final
        #expect(same)
    }

    @Test("a run killed between writing a checkpoint and noting it notes it on resuming, with the same hash")
    func unnotedCheckpoint() throws {
        let fixture = try Fixture()
        #expect(try parp(train, in: fixture.folder).status == 0)
        func hashes() throws -> [Int: String] {
            let events = try metrics(fixture).filter { $0["kind"] as? String == "checkpoint" }
            return Dictionary(
                try events.map {
                    (try #require($0["step"] as? Int), try #require($0["weights_hash"] as? String))
                }, uniquingKeysWith: { first, _ in first + ", twice" })
        }
        let whole = try hashes()
        try FileManager.default.removeItem(atPath: fixture.folder.file("run/checkpoints/step-8"))
        let lines = String(decoding: try fixture.folder.read("run/metrics.jsonl"), as: UTF8.self)
            .split(separator: "\n").filter { !($0.contains("\"checkpoint\"") && $0.contains("\"step\": 6")) }
        try fixture.folder.write(lines.joined(separator: "\n") + "\n", to: "run/metrics.jsonl")
        #expect(try hashes()[6] == nil)
        let resumed = try parp(train + ["--resume"], in: fixture.folder)
        #expect(resumed.status == 0, "\(resumed.screen)")
        #expect(try hashes() == whole && whole[6] != nil)
    }

    @Test("a run cannot be resumed with a recipe that would make it another run")
    func resumeWithAnotherRecipe() throws {
        let fixture = try Fixture()
        #expect(try parp(train, in: fixture.folder).status == 0)
        let sets = ["--set", "pruning.sparsity=0.7", "--set", "seed=1", "--set", "checkpoint.keep=1"]
        let outcome = try parp(train + ["--resume"] + sets, in: fixture.folder)
        #expect(outcome.status == 64)
        #expect(outcome.count("pruning.sparsity was 0.5, not 0.7") == 1, "\(outcome.screen)")
        #expect(outcome.count("seed was 2337, not 1") == 1)
        #expect(outcome.count("checkpoint.keep") == 0)
    }

    @Test("a directory that another run writes to is refused", arguments: [1, 3])
    func lockedDirectory(ranks: Int) throws {
        let fixture = try Fixture()
        try FileManager.default.createDirectory(
            atPath: fixture.folder.file("run"), withIntermediateDirectories: true)
        let descriptor = open(fixture.folder.file("run/.lock"), O_RDWR | O_CREAT, 0o644)
        #expect(descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        defer { close(descriptor) }
        let outcome = try parp(train + ["--resume"], ranks: ranks, in: fixture.folder)
        #expect(outcome.status == 64, "\(outcome.screen)")
        #expect(outcome.count("another run is writing to run") == 1)
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.file("run/metrics.jsonl")))
    }

    @Test("more ranks than utterances train and evaluate as one does")
    func idleRanks() throws {
        let fixture = try Fixture()
        try fixture.writeManifest([fixture.line(0), fixture.line(1)])
        let alone = ["train", "recipe.toml", "--output", "alone"]
        #expect(try parp(alone, in: fixture.folder).status == 0)
        let outcome = try parp(train, ranks: 3, in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        let (one, three) = (try losses(fixture, "alone"), try losses(fixture, "run"))
        #expect(one.count == 8 && three.count == 8)
        // Sums of two utterances' gradients in another order, through eight updates of Adam.
        for (step, loss) in one { #expect(abs(try #require(three[step]) - loss) < 1e-3 * loss) }
        let evaluate = ["evaluate", "--model", "run/final", "--data", "train.jsonl"]
        let evaluated = try parp(evaluate, ranks: 3, in: fixture.folder)
        #expect(evaluated.status == 0 && evaluated.count("2 utterances") == 1, "\(evaluated.screen)")
    }

    @Test(
        "an evaluation depends neither on the ranks nor on what a rank holds, and transcribe hears the same")
    func evaluation() throws {
        let fixture = try Fixture()
        let evaluate = ["evaluate", "--model", "model", "--data", "train.jsonl", "--json"]
        var answers: [NSDictionary] = []
        for (ranks, seconds) in [(1, "60"), (1, "0.6"), (3, "60")] {
            let outcome = try parp(evaluate + ["--rank-seconds", seconds], ranks: ranks, in: fixture.folder)
            #expect(outcome.status == 0, "\(outcome.screen)")
            let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
            answers.append(try #require(json as? NSDictionary))
        }
        for answer in answers {
            for key in ["wer", "cer", "words", "characters", "utterances", "transcripts", "audio_seconds"] {
                #expect(answer[key] as? NSObject == answers[0][key] as? NSObject, "\(key)")
            }
        }
        let transcripts = try #require(answers[0]["transcripts"] as? [[String: String]])
        let heard = transcripts.map { $0["hypothesis"] ?? "" }
        #expect(heard.contains { !$0.isEmpty })
        let files = Fixture.texts.indices.map { "\($0).wav" }
        for ranks in [1, 3] {
            let outcome = try parp(
                ["transcribe", "--model", "model"] + files, ranks: ranks, in: fixture.folder)
            let lines = outcome.output.split(separator: "\n").map(String.init)
            #expect(lines == zip(files, heard).map { "\($0)\t\($1)" }, "\(outcome.screen)")
        }
    }

    @Test("emitted logits are frames by vocabulary")
    func logits() throws {
        let fixture = try Fixture()
        let outcome = try parp(
            ["transcribe", "--model", "model", "--emit-logits", "logits.safetensors", "0.wav"],
            in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        let header = String(
            decoding: try fixture.folder.read("logits.safetensors").prefix(200), as: UTF8.self)
        #expect(header.contains("\"logits\"") && header.contains("[24, 11]"), "\(header)")
    }

    @Test("a model directory may have a name of one letter, here or below")
    func shortNames() throws {
        let folder = try TemporaryFolder()
        for name in ["m", "./n", "a/b", "o/"] {
            let outcome = try parp(["init", "--preset", "tiny", "--output", name], in: folder)
            #expect(outcome.status == 0, "\(name): \(outcome.screen)")
        }
    }

    @Test("help is no fault, and docs/recipe.md matches the command's output")
    func help() throws {
        let folder = try TemporaryFolder()
        for arguments in [["--help"], ["train", "--help"], ["pretrain", "--help"], ["--version"]] {
            #expect(try parp(arguments, in: folder).status == 0)
        }
        let reference = try String(
            contentsOf: repository.appendingPathComponent("docs/recipe.md"), encoding: .utf8)
        #expect(try parp(["recipe", "--markdown"], in: folder).output == reference)
    }
}
