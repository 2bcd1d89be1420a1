import Foundation
import Testing

private let train = ["train", "recipe.toml", "--output", "run"]

/// The kinds and steps of a run's events, without those that an interruption adds: faults, resumptions, checkpoints.
private func events(_ fixture: Fixture, _ run: String) throws -> [String] {
    try String(decoding: fixture.folder.read(run + "/metrics.jsonl"), as: UTF8.self).split(separator: "\n")
        .compactMap { line in
            let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let kind = try #require(event?["kind"] as? String)
            return ["fault", "resume", "ranks", "checkpoint"].contains(kind)
                ? nil : "\(kind) \(event?["step"] ?? "")"
        }
}

extension Fixture {
    /// Whether two runs ended alike: models, last checkpoint, and every event once and in order.
    fileprivate func expectSameEnd(_ run: String, _ other: String) throws {
        for name in [
            "final/model.safetensors", "best/model.safetensors", "checkpoints/step-8/state.safetensors",
        ] {
            let same = try folder.read("\(run)/\(name)") == folder.read("\(other)/\(name)")
            #expect(same, "\(name)")
        }
        #expect(try events(self, run) == events(self, other))
    }
}

struct InterruptionTests {
    /// A rank's phase when it is asked to stop, the update, and the checkpoint afterwards.
    private static let moments: [(phase: String, step: Int, stops: Int?)] = [
        ("setup", 0, nil), ("data", 3, 3), ("forward", 3, 3), ("backward", 3, 3), ("collective", 3, 3),
        ("update", 3, 4), ("prune", 3, 4), ("checkpoint", 2, 3), ("evaluation", 4, 4), ("evaluation", 8, 8),
    ]

    @Test("a run with one rank asked to stop exits with 85 and, resumed, ends the same", arguments: moments)
    func phases(moment: (phase: String, step: Int, stops: Int?)) throws {
        let fixture = try Fixture()
        #expect(
            try parp(["train", "recipe.toml", "--output", "whole"], ranks: 2, in: fixture.folder).status == 0)
        // Rank 0 has work in every update; the last rank may have none.
        let injection = "signal@rank=0:step=\(moment.step):phase=\(moment.phase):signal=TERM"
        let stopped = try parp(train + ["--inject", injection], ranks: 2, in: fixture.folder)
        #expect(stopped.status == 85, "\(stopped.screen)")
        #expect(stopped.count("parp: interrupted") == 1, "\(stopped.screen)")
        if let update = moment.stops {
            #expect(stopped.count("interrupted after update \(update) of 8") == 1, "\(stopped.screen)")
        }
        let resumed = try parp(train + ["--resume"], ranks: 2, in: fixture.folder)
        #expect(resumed.status == 0, "\(resumed.screen)")
        try fixture.expectSameEnd("run", "whole")
    }

    @Test(
        "without regular checkpoints an interruption writes one, and another number of ranks goes on from it")
    func otherRanks() throws {
        let fixture = try Fixture()
        let sets = ["--set", "checkpoint.every_updates=0"]
        let stopped = try parp(train + sets + ["--inject", "signal@step=5"], ranks: 3, in: fixture.folder)
        #expect(stopped.status == 85, "\(stopped.screen)")
        let resumed = try parp(train + sets + ["--resume"], ranks: 2, in: fixture.folder)
        #expect(resumed.status == 0, "\(resumed.screen)")
        #expect(resumed.count("continuing after update 5") == 1)
        // The same utterances in the same updates: what changes is the order in which sums are formed.
        let whole = ["train", "recipe.toml", "--output", "whole"] + sets
        #expect(try parp(whole, in: fixture.folder).status == 0)
        func heard(_ run: String) throws -> [String] {
            try String(decoding: fixture.folder.read(run + "/metrics.jsonl"), as: UTF8.self)
                .split(separator: "\n").compactMap { line in
                    let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                    guard event?["kind"] as? String == "train" else { return nil }
                    return
                        "\(event?["step"] ?? ""): \(event?["utterances"] ?? "") \(event?["audio_seconds"] ?? "")"
                }
        }
        #expect(try heard("run") == heard("whole"))
        #expect(try heard("run").count == 8)
    }

    @Test("endless signals, from before the first update on, end a run once and in order")
    func flood() throws {
        let fixture = try Fixture()
        let process = Process()
        process.executableURL = parpCommand
        process.arguments = train + ["--set", "schedule.updates=2000", "--set", "checkpoint.every_updates=0"]
        process.currentDirectoryURL = URL(fileURLWithPath: fixture.folder.path)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        // Only the time until the program's first line can a signal end it as the system does.
        Thread.sleep(forTimeInterval: 0.3)
        let deadline = Date(timeIntervalSinceNow: 60)
        while process.isRunning, Date() < deadline {
            for number in [SIGUSR1, SIGTERM] { kill(process.processIdentifier, number) }
            Thread.sleep(forTimeInterval: 0.002)
        }
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 85)
    }

    /// A run on one rank that stands still in its first update, once its first mask is written.
    private func standingRun(
        _ fixture: Fixture, seconds: Int = 60, environment: [String: String] = [:]
    ) throws -> Process {
        let process = Process()
        process.executableURL = parpCommand
        process.arguments = train + ["--inject", "delay@step=1:seconds=\(seconds)"]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = URL(fileURLWithPath: fixture.folder.path)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let deadline = Date(timeIntervalSinceNow: 60)
        while !FileManager.default.fileExists(atPath: fixture.folder.file("run/masks/step-0.safetensors")),
            Date() < deadline
        {
            Thread.sleep(forTimeInterval: 0.01)
        }
        return process
    }

    // OpenBLAS starts threads when it is loaded, before the program can have them block signals.
    @Test(
        "signals end a run in order where a library's own threads may receive them",
        arguments: [([SIGTERM], 5, 85), ([SIGINT, SIGINT], 60, 130)])
    func threadsOfLibraries(signals: [Int32], pause: Int, status: Int32) throws {
        let fixture = try Fixture()
        let process = try standingRun(
            fixture, seconds: pause,
            environment: ["LD_PRELOAD": "libopenblas.so.0", "OPENBLAS_NUM_THREADS": "4"])
        send(signals, to: process)
        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == status)
        let checkpoint = fixture.folder.file("run/checkpoints/step-1")
        #expect(FileManager.default.fileExists(atPath: checkpoint) == (status == 85))
    }

    @Test("a second SIGINT ends a run at once")
    func impatience() throws {
        let fixture = try Fixture()
        let process = try standingRun(fixture)
        let deadline = Date(timeIntervalSinceNow: 60)
        send([SIGINT, SIGINT], to: process)
        #expect(process.terminationStatus == 130)
        #expect(Date() < deadline)
    }

    /// Sends signals one after another, as two that come together count as one, and waits for the end.
    private func send(_ signals: [Int32], to process: Process) {
        for number in signals {
            kill(process.processIdentifier, number)
            Thread.sleep(forTimeInterval: 0.2)
        }
        process.waitUntilExit()
    }
}
