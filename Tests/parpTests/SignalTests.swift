import Foundation
import Testing

/// A command that runs beside the test.
private struct Running {
    let process = Process()
    let folder: TemporaryFolder

    init(_ arguments: [String], ranks: Int, in folder: TemporaryFolder) throws {
        self.folder = folder
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            (ranks == 1 ? [] : ["mpirun", "-np", "\(ranks)", "--oversubscribe", "--bind-to", "none"])
            + [parpCommand.path] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"], uniquingKeysWith: { $1 })
        for stream in [".stdout", ".stderr"] {
            _ = FileManager.default.createFile(atPath: folder.file(stream), contents: nil)
        }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: folder.file(".stdout"))
        process.standardError = FileHandle(forWritingAtPath: folder.file(".stderr"))
        try process.run()
    }

    /// Waits until something is so, sends a signal, and waits for the end.
    func end(by number: Int32, once isReached: () -> Bool) throws -> Outcome {
        var deadline = Date(timeIntervalSinceNow: 60)
        while !isReached(), process.isRunning, Date() < deadline { Thread.sleep(forTimeInterval: 0.01) }
        kill(process.processIdentifier, number)
        deadline = Date(timeIntervalSinceNow: 60)
        while process.isRunning, Date() < deadline { Thread.sleep(forTimeInterval: 0.05) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        return Outcome(
            status: process.terminationReason == .exit ? process.terminationStatus : -1,
            output: String(decoding: try folder.read(".stdout"), as: UTF8.self),
            error: String(decoding: try folder.read(".stderr"), as: UTF8.self))
    }
}

/// Whether a file of this name is somewhere below a folder, in which others come and go meanwhile.
private func holds(_ name: String, below folder: String) -> Bool {
    guard let paths = FileManager.default.enumerator(atPath: folder) else { return false }
    for case let path as String in paths where path.hasSuffix("/" + name) { return true }
    return false
}

/// Whether a process has the path in its command line.
private func isAnyoneBusy(with path: String) -> Bool {
    let numbers =
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.filter { Int($0) != nil } ?? []
    return numbers.contains { number in
        let command = FileManager.default.contents(atPath: "/proc/\(number)/cmdline") ?? Data()
        return command.range(of: Data(path.utf8)) != nil
    }
}

struct SignalTests {
    @Test(
        "evaluate ends with 85 for each signal that asks it to stop",
        arguments: [SIGTERM, SIGUSR1, SIGINT, SIGHUP])
    func evaluation(number: Int32) throws {
        let fixture = try Fixture()
        try fixture.writeManifest(
            (0..<3000).map { index in
                "{\"id\": \"\(index)\", \"audio_filepath\": \"\(index % 6).wav\", \"duration\": 0.5, \"text\": \"BED\"}"
            })
        let running = try Running(
            ["evaluate", "--model", "model", "--data", "train.jsonl"], ranks: 1, in: fixture.folder)
        let begin = Date()
        let outcome = try running.end(by: number) { Date().timeIntervalSince(begin) > 1 }
        #expect(outcome.status == 85, "\(outcome.screen)")
        #expect(outcome.count("parp: interrupted: nothing was measured") == 1, "\(outcome.screen)")
        #expect(outcome.output.isEmpty)
    }

    @Test(
        "compare ends with 85 behind an update, on one rank and on two, and the same command goes on",
        arguments: [1, 2])
    func comparison(ranks: Int) throws {
        let fixture = try Fixture()
        let command = [
            "compare", "recipe.toml", "--methods", "dense", "--sparsities", "0.5", "--output", "table",
            "--set", "schedule.updates=200", "--set", "evaluation.every_updates=0",
        ]
        let running = try Running(command, ranks: ranks, in: fixture.folder)
        let runs = fixture.folder.file("table/runs")
        let outcome = try running.end(by: SIGUSR1) {
            holds("state.json", below: runs)
        }
        #expect(outcome.status == 85, "\(outcome.screen)")
        #expect(outcome.count("give the same command again to go on") == 1, "\(outcome.screen)")
        let again = try parp(command, ranks: ranks, in: fixture.folder)
        #expect(again.status == 0 && again.count("going on after update") == 1, "\(again.screen)")
    }

    @Test("scale run ends with 85 and takes the launch with it", arguments: [SIGTERM, SIGHUP])
    func study(number: Int32) throws {
        let fixture = try Fixture()
        let running = try Running(
            [
                "scale", "run", "recipe.toml", "--ranks", "2", "--output", fixture.folder.file("study"),
                "--updates", "5000", "--launcher", "mpirun --quiet --oversubscribe --bind-to none",
            ], ranks: 1, in: fixture.folder)
        let study = fixture.folder.file("study")
        let outcome = try running.end(by: number) {
            holds("metrics.jsonl", below: study)
        }
        #expect(outcome.status == 85, "\(outcome.screen)")
        #expect(outcome.count("the launch that ran is stopped") == 1, "\(outcome.screen)")
        // The launcher has ended; its ranks end with it.
        let deadline = Date(timeIntervalSinceNow: 10)
        while isAnyoneBusy(with: study), Date() < deadline { Thread.sleep(forTimeInterval: 0.1) }
        #expect(!isAnyoneBusy(with: study))
    }

    @Test("a hang-up that was to be ignored is, as under nohup")
    func nohup() throws {
        let fixture = try Fixture()
        let outcome = try run(
            [
                "bash", "-c",
                "trap '' HUP; '\(parpCommand.path)' train recipe.toml --output run & sleep 0.7; kill -HUP $!; wait $!",
            ], in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
    }
}
