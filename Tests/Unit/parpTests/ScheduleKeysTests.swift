import Foundation
import Testing

/// What a run does that is lengthened, ends early, averages its models, or hears its recordings changed.
@Suite(.serialized)
struct ScheduleKeysTests {
    private func train(
        _ output: String, ranks: Int = 1, _ sets: [String] = [], in fixture: Fixture, _ words: [String] = []
    ) throws -> Outcome {
        try parp(
            ["train", "recipe.toml", "-o", output] + sets.flatMap { ["--set", $0] } + words, ranks: ranks,
            in: fixture.folder)
    }

    private func events(_ run: String, _ kind: String, in fixture: Fixture) throws -> [[String: Any]] {
        try String(decoding: fixture.folder.read(run + "/metrics.jsonl"), as: UTF8.self).split(
            separator: "\n"
        )
        .compactMap { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
        .filter { $0["kind"] as? String == kind }
    }

    @Test(
        "a finished run is lengthened on request: learning rate and masks are those of the longer run from there on"
    )
    func lengthening() throws {
        let fixture = try Fixture()
        #expect(try train("run", in: fixture).status == 0)
        let longer = ["schedule.updates=12"]
        #expect(try train("whole", longer, in: fixture).status == 0)
        let refused = try train("run", in: fixture, ["--set", "schedule.updates=6", "--resume"])
        #expect(refused.status == 64 && refused.error.contains("has done 8 updates"), "\(refused.screen)")
        let resumed = try train("run", longer, in: fixture, ["--resume"])
        #expect(resumed.status == 0 && resumed.count("continuing after update 8") == 1, "\(resumed.screen)")
        let steps = try events("run", "train", in: fixture).compactMap { $0["step"] as? Int }
        #expect(steps == Array(1...12))
        func rates(_ run: String) throws -> [Double] {
            try events(run, "train", in: fixture).suffix(4).compactMap { $0["learning_rate"] as? Double }
        }
        #expect(try rates("run") == rates("whole"))
        let masks = try events("run", "prune", in: fixture).compactMap { $0["step"] as? Int }
        #expect(masks == [0, 3, 6, 8, 9, 12])
        // Unless requested, another number of updates is another run.
        let plain = try train("run", in: fixture, ["--resume"])
        #expect(
            plain.status == 64 && plain.error.contains("schedule.updates was 12, not 8"), "\(plain.screen)")
    }

    @Test("a method that plans its masks in shares of the run is not lengthened")
    func sharesOfTheRun() throws {
        let fixture = try Fixture()
        let progressive = ["pruning.method=parp-p"]
        #expect(try train("run", progressive, in: fixture).status == 0)
        let refused = try train("run", progressive + ["schedule.updates=12"], in: fixture, ["--resume"])
        #expect(refused.status == 64 && refused.error.contains("shares of the run"), "\(refused.screen)")
    }

    @Test(
        "a run whose evaluations are no longer better ends early, pruned, and stays ended when it is resumed")
    func patience() throws {
        let fixture = try Fixture()
        // At no learning rate nothing gets better.
        let sets = [
            "optimizer.learning_rate=0", "schedule.updates=40", "evaluation.every_updates=2",
            "evaluation.patience=2",
        ]
        let run = try train("run", sets, in: fixture)
        #expect(run.status == 0 && run.count("(evaluation.patience)") == 1, "\(run.screen)")
        let evaluated = try events("run", "eval", in: fixture).compactMap { $0["step"] as? Int }
        #expect(evaluated == [2, 4, 6])
        let sparsity = try #require(try events("run", "prune", in: fixture).last?["sparsity"] as? Double)
        #expect(abs(sparsity - 0.5) < 1e-4)
        let final = try fixture.folder.read("run/final/model.safetensors")
        let resumed = try train("run", sets, in: fixture, ["--resume"])
        #expect(resumed.status == 0, "\(resumed.screen)")
        #expect(try fixture.folder.read("run/final/model.safetensors") == final)
        #expect(try events("run", "train", in: fixture).count == 6)
    }

    @Test(
        "the mean of the last models is exactly sparse, and the same on two ranks and after a stop",
        arguments: ["last", "best"])
    func averaging(_ kind: String) throws {
        let fixture = try Fixture()
        let sets = [
            "checkpoint.average=3", "checkpoint.average_of=\(kind)", "evaluation.every_updates=2",
            "evaluation.metric=loss", "distributed.reproducible=true",
        ]
        let whole = try train("whole", sets, in: fixture)
        #expect(whole.status == 0 && whole.count("the mean of 3 models") == 1, "\(whole.screen)")
        let last = try #require(try events("whole", "eval", in: fixture).last)
        #expect(last["averaged"] as? Int == 3 && last["step"] as? Int == 8)
        let stats = try parp(["mask", "stats", "whole/final"], in: fixture.folder)
        #expect(stats.status == 0 && stats.output.contains("50.0"), "\(stats.screen)")
        let stop = ["--inject", "signal@step=5"]
        #expect(try train("stopped", ranks: 2, sets, in: fixture, stop).status == 85)
        #expect(try train("stopped", ranks: 2, sets, in: fixture, ["--resume"]).status == 0)
        for name in ["final", "best"] {
            let same =
                try fixture.folder.read("whole/\(name)/model.safetensors")
                == fixture.folder.read("stopped/\(name)/model.safetensors")
            #expect(same, "\(name)")
        }
        let plain = try train("plain", Array(sets.dropFirst(2)), in: fixture)
        #expect(plain.status == 0)
        #expect(
            try fixture.folder.read("plain/final/model.safetensors")
                != fixture.folder.read("whole/final/model.safetensors"))
    }

    @Test(
        "recordings at other speeds and with noise give the same bits on 1, 2 and 3 ranks, and after a stop")
    func audioChanges() throws {
        let fixture = try Fixture()
        let sets = [
            "augmentation.speed=[0.9,1.0,1.1]", "augmentation.noise_snr=[5,30]",
            "distributed.reproducible=true",
            "data.rank_seconds=0.8",
        ]
        for ranks in [1, 2, 3] {
            let run = try train("run-\(ranks)", ranks: ranks, sets, in: fixture)
            #expect(run.status == 0, "\(run.screen)")
        }
        #expect(
            try train("stopped", ranks: 2, sets, in: fixture, ["--inject", "signal@step=3"]).status == 85)
        #expect(try train("stopped", in: fixture, ["--resume"] + sets.flatMap { ["--set", $0] }).status == 0)
        let final = try fixture.folder.read("run-1/final/model.safetensors")
        for run in ["run-2", "run-3", "stopped"] {
            #expect(try fixture.folder.read("\(run)/final/model.safetensors") == final, "\(run)")
        }
        #expect(
            try train("plain", ["distributed.reproducible=true", "data.rank_seconds=0.8"], in: fixture).status
                == 0)
        #expect(try fixture.folder.read("plain/final/model.safetensors") != final)
    }

    @Test("a head at a higher rate moves further than at the rate of the rest")
    func headScale() throws {
        let fixture = try Fixture()
        let sets = ["schedule.updates=1", "schedule.kind=constant", "pruning.method=dense"]
        #expect(try train("like", sets, in: fixture).status == 0)
        #expect(try train("faster", sets + ["optimizer.head_scale=10"], in: fixture).status == 0)
        #expect(
            try fixture.folder.read("like/final/model.safetensors")
                != fixture.folder.read("faster/final/model.safetensors"))
        #expect(try train("text", ["optimizer.head_scale=0"], in: fixture).status == 64)
    }

    @Test("a checkpoint is due by the clock, on all ranks at once; a quiet run prints only its last line")
    func minutes() throws {
        let fixture = try Fixture()
        // A hundredth of a second is over after each of these updates.
        let sets = ["checkpoint.every_updates=0", "checkpoint.every_minutes=0.00001"]
        let run = try train("run", ranks: 2, sets, in: fixture, ["--quiet"])
        #expect(run.status == 0, "\(run.screen)")
        let steps = try events("run", "checkpoint", in: fixture).compactMap { $0["step"] as? Int }
        #expect(steps.count >= 3 && steps.last == 8)
        #expect(
            run.output.split(separator: "\n").count == 1 && run.output.hasPrefix("final model:"),
            "\(run.output)")
    }

    @Test("patience and averages without evaluations are refused")
    func refused() throws {
        let fixture = try Fixture()
        for set in ["evaluation.patience=2", "checkpoint.average=2"] {
            let run = try train("run", ["evaluation.every_updates=0", set], in: fixture)
            #expect(run.status == 64 && run.error.contains("evaluation.every_updates is 0"), "\(run.screen)")
        }
    }
}
