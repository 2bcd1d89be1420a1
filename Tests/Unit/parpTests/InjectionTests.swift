import Foundation
import Testing

private let train = ["train", "recipe.toml", "--output", "run"]

struct InjectionTests {
    @Test("a rank that fails ends the job with its message last and its exit code")
    func failure() throws {
        let fixture = try Fixture()
        let start = Date()
        let outcome = try parp(train + ["--inject", "fail@rank=1:step=3"], ranks: 3, in: fixture.folder)
        #expect(outcome.status == 70, "\(outcome.screen)")
        let ours = outcome.error.split(separator: "\n").filter { $0.hasPrefix("parp: ") }
        #expect(ours.count == 1 && ours[0].contains("rank 1 on "), "\(outcome.screen)")
        #expect(
            ours.last?.contains("update 3: failed, as requested by --inject") == true, "\(outcome.screen)")
        // Launch and set-up included: the rest may not wait for the one that is gone.
        #expect(Date().timeIntervalSince(start) < 40)
    }

    @Test("a checkpoint that finds the disk full costs a warning, and the run ends as it would have")
    func fullDisk() throws {
        let fixture = try Fixture()
        #expect(try parp(["train", "recipe.toml", "--output", "whole"], in: fixture.folder).status == 0)
        let outcome = try parp(train + ["--inject", "enospc@step=4"], in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(outcome.count("update 4: a checkpoint was not written") == 1, "\(outcome.screen)")
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.file("run/checkpoints/step-4")))
        let same =
            try fixture.folder.read("run/final/model.safetensors")
            == fixture.folder.read("whole/final/model.safetensors")
        #expect(same)
        let metrics = String(decoding: try fixture.folder.read("run/metrics.jsonl"), as: UTF8.self)
        #expect(metrics.contains("a checkpoint was not written"))
    }

    @Test("an interruption that cannot write its checkpoint says so and does not ask to be run again")
    func fullDiskAtTheEnd() throws {
        let fixture = try Fixture()
        let injections = ["--inject", "signal@step=3", "--inject", "enospc@step=3"]
        let outcome = try parp(train + injections, in: fixture.folder)
        #expect(outcome.status == 70, "\(outcome.screen)")
        #expect(outcome.count("no checkpoint could be written") == 1, "\(outcome.screen)")
    }

    @Test("a damaged newest checkpoint is named, the one before it used, and the end is the same")
    func truncated() throws {
        let fixture = try Fixture()
        #expect(try parp(["train", "recipe.toml", "--output", "whole"], in: fixture.folder).status == 0)
        let injections = ["--inject", "truncate@step=6", "--inject", "kill@step=7"]
        #expect(try parp(train + injections, in: fixture.folder).status != 0)
        let resumed = try parp(train + ["--resume"], in: fixture.folder)
        #expect(resumed.status == 0, "\(resumed.screen)")
        #expect(resumed.count("step-6/state.safetensors: has ") == 1, "\(resumed.screen)")
        #expect(resumed.count("using the previous checkpoint") == 1)
        #expect(resumed.count("continuing after update 4") == 1)
        let same =
            try fixture.folder.read("run/final/model.safetensors")
            == fixture.folder.read("whole/final/model.safetensors")
        #expect(same)
    }

    @Test("one changed byte anywhere in a checkpoint is found")
    func changedByte() throws {
        let fixture = try Fixture()
        #expect(try parp(train, in: fixture.folder).status == 0)
        for (name, place) in [("state.safetensors", 0.5), ("state.json", 0.9), ("state.safetensors", 0.999)] {
            let path = "run/checkpoints/step-8/\(name)"
            let original = try fixture.folder.read(path)
            var damaged = original
            damaged[Int(Double(damaged.count) * place)] ^= 1
            try fixture.folder.write(damaged, to: path)
            let resumed = try parp(train + ["--resume"], in: fixture.folder)
            #expect(resumed.status == 0, "\(resumed.screen)")
            #expect(resumed.count("step-8/\(name)") == 1, "\(resumed.screen)")
            #expect(resumed.count("continuing after update 6") == 1, "\(resumed.screen)")
        }
    }

    @Test("a run none of whose checkpoints can be used is not begun anew in silence")
    func noneWhole() throws {
        let fixture = try Fixture()
        #expect(try parp(train, in: fixture.folder).status == 0)
        for update in [2, 4, 6, 8] {
            try fixture.folder.write(Data(), to: "run/checkpoints/step-\(update)/state.safetensors")
        }
        let resumed = try parp(train + ["--resume"], in: fixture.folder)
        #expect(resumed.status == 65, "\(resumed.screen)")
        #expect(resumed.count("none of the checkpoints of run can be used") == 1, "\(resumed.screen)")
        for update in [2, 4, 6, 8] { #expect(resumed.count("step-\(update)/") == 1) }
    }

    @Test("what a killed run had half written is cleared away")
    func leftovers() throws {
        let fixture = try Fixture()
        #expect(
            try parp(train + ["--inject", "kill@step=4:phase=checkpoint"], in: fixture.folder).status != 0)
        let folder = fixture.folder.file("run/checkpoints")
        let left = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(left.contains { $0.hasPrefix("step-4.partial-") }, "\(left)")
        #expect(try parp(train + ["--resume"], in: fixture.folder).status == 0)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names == ["step-2", "step-4", "step-6", "step-8"])
    }

    @Test("a fault for a rank that there is not is refused", arguments: [1, 2])
    func noSuchRank(ranks: Int) throws {
        let fixture = try Fixture()
        let outcome = try parp(
            train + ["--inject", "kill@rank=\(ranks):step=2"], ranks: ranks, in: fixture.folder)
        #expect(outcome.status == 64)
        #expect(outcome.count("--inject names rank \(ranks), but the ranks are 0 to \(ranks - 1)") == 1)
    }
}
