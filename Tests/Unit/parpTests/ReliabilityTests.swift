import Foundation
import Testing

private let train = ["train", "recipe.toml", "--output", "run"]

/// The `fault` events of a run.
private func faults(_ fixture: Fixture, _ run: String = "run") throws -> [[String: Any]] {
    try String(decoding: fixture.folder.read(run + "/metrics.jsonl"), as: UTF8.self).split(
        separator: "\n"
    )
    .compactMap { line in
        let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return event?["kind"] as? String == "fault" ? event : nil
    }
}

struct ReliabilityTests {
    @Test(
        "a loss that is no number is laid to utterance and rank, and its update left out by all",
        arguments: [1, 2])
    func loss(ranks: Int) throws {
        let fixture = try Fixture()
        let outcome = try parp(train + ["--inject", "nan@step=3"], ranks: ranks, in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(outcome.count("update 3: loss or gradient is not finite; left out (1 so far)") == 1)
        let named = outcome.output.split(separator: "\n").filter {
            $0.contains("loss not finite for train.jsonl:")
        }
        #expect(named.count == 1, "\(outcome.screen)")
        #expect(named.first?.contains("rank 0 on ") == true && named.first?.contains(".wav, ") == true)
        #expect(outcome.count("1 updates were left out") == 1)
        let causes = try #require(try faults(fixture)[0]["causes"] as? [[String: Any]])
        #expect(
            causes.count == 1 && causes[0]["rank"] as? Int == 0 && causes[0]["what"] as? String == "loss")
    }

    @Test("a gradient that is no number is laid to utterance, rank and tensor")
    func gradient() throws {
        let fixture = try Fixture()
        let name = "wav2vec2.encoder.layers.1.attention.q_proj.weight"
        let outcome = try parp(
            train + ["--inject", "nan@rank=0:step=2:tensor=\(name)"], ranks: 2, in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(outcome.count("gradient not finite for train.jsonl:") == 1, "\(outcome.screen)")
        #expect(outcome.count("first in \(name)") == 1, "\(outcome.screen)")
    }

    @Test("the recipe decides whether such an update ends the run, at once or after a row")
    func policy() throws {
        let fixture = try Fixture()
        let stop = try parp(
            train + ["--inject", "nan@step=2", "--set", "reliability.not_finite=stop"], ranks: 2,
            in: fixture.folder)
        #expect(stop.status == 70, "\(stop.screen)")
        #expect(stop.count("parp: update 2: loss or gradient is not finite") == 1, "\(stop.screen)")
        let row = try parp(
            [
                "train", "recipe.toml", "--output", "row", "--inject", "nan@step=2", "--inject",
                "nan@step=3",
                "--set", "reliability.not_finite_limit=2",
            ], ranks: 2, in: fixture.folder)
        #expect(row.status == 70, "\(row.screen)")
        #expect(row.count("parp: 2 updates in a row") == 1, "\(row.screen)")
    }

    @Test("a bit that flips on one rank is found, with tensor and rank", arguments: [2, 3])
    func drift(ranks: Int) throws {
        let fixture = try Fixture()
        let outcome = try parp(
            train + [
                "--inject", "flip@rank=1:step=5:tensor=lm_head.bias", "--set",
                "reliability.replica_check_updates=1",
                "--set", "pruning.method=dense",
            ], ranks: ranks, in: fixture.folder)
        #expect(outcome.status == 70, "\(outcome.screen)")
        #expect(
            outcome.count("replica check after update 5: the weights lm_head.bias of rank 1 on ") == 1,
            "\(outcome.screen)")
    }

    @Test(
        "a rank that stands still is named within the limit, and the run goes on to the same end when it does"
    )
    func stopped() throws {
        let fixture = try Fixture()
        let sets = ["--set", "checkpoint.every_updates=0"]
        let whole = ["train", "recipe.toml", "--output", "whole"] + sets
        #expect(try parp(whole, ranks: 2, in: fixture.folder).status == 0)
        // The rank stops itself in the middle of the run; a process of ours sets it going again once it has been
        // missed, and again and again: on a busy machine it may be missed before it has come to stop itself.
        let waker = Process()
        waker.executableURL = URL(fileURLWithPath: "/bin/sh")
        waker.arguments = [
            "-c",
            """
            for _ in $(seq 600); do
                pid=$(sed -n 's/.*update 3: waiting .*rank 1 on [^ ]* (process \\([0-9]*\\)): no sign.*/\\1/p;T;q' \
                    run/metrics.jsonl 2>/dev/null)
                [ -n "$pid" ] && { kill -CONT $pid || exit 0; }
                sleep 0.1
            done
            exit 1
            """,
        ]
        waker.currentDirectoryURL = URL(fileURLWithPath: fixture.folder.path)
        try waker.run()
        let outcome = try parp(
            train + sets + [
                "--inject", "signal@rank=1:step=3:signal=STOP", "--set", "reliability.stall_seconds=2",
            ], ranks: 2, in: fixture.folder)
        waker.waitUntilExit()
        #expect(waker.terminationStatus == 0)
        #expect(outcome.status == 0, "\(outcome.screen)")
        // Ranks may miss each other before the first update, too, where the machine is busy enough.
        let said = try faults(fixture).compactMap { $0["what"] as? String }
        let miss = try #require(
            said.firstIndex {
                $0.hasPrefix("update 3: waiting for ") && $0.contains(": no sign of life for ")
            },
            "\(outcome.screen)")
        let words = said[miss].split(separator: " ")
        #expect(Int(words[4]) ?? 0 >= 2, "earlier than the limit: \(said[miss])")
        #expect(said[miss].contains(" for rank 1 on "), "\(said[miss])")
        #expect(said[miss].contains(", last seen in "), "\(said[miss])")
        #expect(said.last?.hasPrefix("the missing ranks are back") == true, "\(said)")
        let same =
            try fixture.folder.read("run/final/model.safetensors")
            == fixture.folder.read("whole/final/model.safetensors")
        #expect(same)
    }

    @Test(
        "a rank that is busy elsewhere is named with what it does, and a limit ends the run with 75")
    func late() throws {
        let fixture = try Fixture()
        let outcome = try parp(
            train + [
                "--inject", "delay@rank=1:step=3:seconds=80", "--set", "reliability.stall_seconds=1",
                "--set",
                "reliability.abort_seconds=3",
            ], ranks: 2, in: fixture.folder)
        #expect(outcome.status == 75, "\(outcome.screen)")
        #expect(outcome.screen.contains("): in update 3, data for "), "\(outcome.screen)")
        #expect(
            outcome.count("ending the run, as reliability.abort_seconds says") == 1, "\(outcome.screen)")
    }

    @Test("metrics and report say which rank the others waited for")
    func ledger() throws {
        let fixture = try Fixture()
        let outcome = try parp(
            train + ["--inject", "delay@rank=0:step=2:seconds=3:phase=forward"], ranks: 2,
            in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(outcome.count("slow rank: 0 on ") == 1, "\(outcome.screen)")
        let lines = String(decoding: try fixture.folder.read("run/metrics.jsonl"), as: UTF8.self)
            .split(separator: "\n")
        let second = try #require(
            lines.first { $0.contains("\"train\"") && $0.contains("\"step\": 2,") })
        #expect(second.contains("\"slowest_rank\": 0"), "\(second)")
        #expect(lines.contains { $0.contains("\"kind\": \"ranks\"") })
        let report = String(decoding: try fixture.folder.read("run/report.html"), as: UTF8.self)
        #expect(report.contains("wait for others"))
    }
}
