import Foundation
import Testing

/// A command that runs beside the test.
private struct Running {
    let process = Process()
    let folder: TemporaryFolder

    /// - Parameter blocks: Whether it is started by a thread that blocks signals, as those of many runtimes' pools do, this
    ///   test's among them.
    init(_ arguments: [String], ranks: Int, blocks: Bool = false, in folder: TemporaryFolder) throws {
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
        // Children inherit the mask of the thread that starts them.
        var (mask, before) = (sigset_t(), sigset_t())
        if blocks { sigfillset(&mask) } else { sigemptyset(&mask) }
        pthread_sigmask(SIG_SETMASK, &mask, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
    }

    /// Waits until something is so, sends a signal, and waits for the end.
    ///
    /// - Parameter receiver: The process that gets it; nil is the one that was started.
    func end(by number: Int32, to receiver: () -> Int32? = { nil }, once isReached: () -> Bool) throws
        -> Outcome
    {
        var deadline = Date(timeIntervalSinceNow: 180)
        while !isReached(), process.isRunning, Date() < deadline { Thread.sleep(forTimeInterval: 0.01) }
        kill(receiver() ?? process.processIdentifier, number)
        deadline = Date(timeIntervalSinceNow: 180)
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

/// The processes that have the text in their command lines.
private func processes(with text: String) -> [Int32] {
    let numbers =
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { Int32($0) } ?? []
    return numbers.filter { number in
        let command = FileManager.default.contents(atPath: "/proc/\(number)/cmdline") ?? Data()
        return command.range(of: Data(text.utf8)) != nil
    }
}

/// Whether a process works in this folder and already handles signals: it has a thread for them.
private func heedsSignals(_ process: Int32, in folder: String) -> Bool {
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
    return threads.count > 1
        && (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd")) == folder
}

struct SignalTests {
    /// A manifest that takes a while to evaluate.
    private func writeLongManifest(_ fixture: Fixture) throws {
        try fixture.writeManifest(
            (0..<3000).map { index in
                "{\"id\": \"\(index)\", \"audio_filepath\": \"\(index % 6).wav\", \"duration\": 0.5, \"text\": \"BED\"}"
            })
    }

    @Test(
        "evaluate ends with 85 for each signal that asks it to stop, also where it was started with signals blocked",
        arguments: [SIGTERM, SIGUSR1, SIGINT, SIGHUP], [false, true])
    func evaluation(number: Int32, blocks: Bool) throws {
        let fixture = try Fixture()
        try writeLongManifest(fixture)
        let running = try Running(
            ["evaluate", "--model", "model", "--data", "train.jsonl"], ranks: 1, blocks: blocks,
            in: fixture.folder)
        let folder = fixture.folder.path
        let outcome = try running.end(by: number) {
            heedsSignals(running.process.processIdentifier, in: folder)
        }
        #expect(outcome.status == 85, "\(outcome.screen)")
        #expect(outcome.count("parp: interrupted: nothing was measured") == 1, "\(outcome.screen)")
        #expect(outcome.output.isEmpty)
    }

    @Test(
        "one of two ranks that evaluate is asked to stop, and both end with 85",
        arguments: [SIGTERM, SIGUSR1, SIGINT, SIGHUP])
    func evaluationOnTwoRanks(number: Int32) throws {
        let fixture = try Fixture()
        try writeLongManifest(fixture)
        let model = fixture.folder.file("model")
        let running = try Running(
            ["evaluate", "--model", model, "--data", "train.jsonl"], ranks: 2, in: fixture.folder)
        var ranks: [Int32] = []
        let outcome = try running.end(by: number, to: { ranks.last }) {
            ranks = processes(with: model).filter {
                $0 != running.process.processIdentifier && heedsSignals($0, in: fixture.folder.path)
            }
            return ranks.count == 2
        }
        #expect(outcome.status == 85, "\(outcome.screen)")
        #expect(outcome.count("parp: interrupted: nothing was measured") == 1, "\(outcome.screen)")
        #expect(outcome.output.isEmpty)
    }

    @Test(
        "train and evaluate heed a signal that their parent ignored",
        arguments: ["train recipe.toml --output run", "evaluate --model model --data train.jsonl"],
        ["TERM", "USR1", "INT"])
    func ignored(command: String, name: String) throws {
        let fixture = try Fixture()
        try writeLongManifest(fixture)
        let outcome = try run(
            [
                "timeout", "90", "bash", "-c",
                """
                trap '' \(name); '\(parpCommand.path)' \(command) & parp=$!
                until [ $(ls /proc/$parp/task | wc -l) -gt 1 ]; do sleep 0.05; done
                kill -\(name) $parp; wait $parp
                """,
            ], in: fixture.folder)
        #expect(outcome.status == 85, "\(outcome.screen)")
    }

    @Test(
        "a command that has nothing to save ends by the signal, also where it was started with signals blocked"
    )
    func plainCommand() throws {
        let fixture = try Fixture()
        let running = try Running(
            ["transcribe", "--model", "model"] + (0..<3000).map { "\($0 % 6).wav" }, ranks: 1, blocks: true,
            in: fixture.folder)
        let output = fixture.folder.file(".stdout")
        let outcome = try running.end(by: SIGTERM) {
            !(FileManager.default.contents(atPath: output) ?? Data()).isEmpty
        }
        #expect(running.process.terminationReason == .uncaughtSignal, "\(outcome.screen)")
        #expect(running.process.terminationStatus == SIGTERM)
    }

    @Test(
        "compare ends with 85 after an update, and the same command goes on",
        arguments: [1, 2])
    func comparison(ranks: Int) throws {
        let fixture = try Fixture()
        let command = [
            "compare", "recipe.toml", "--methods", "dense", "--sparsities", "0.5", "--output", "table",
            // So many that the signal arrives in between on a fast machine, too.
            "--set", "schedule.updates=800", "--set", "evaluation.every_updates=0",
            "--set", "checkpoint.every_updates=100",
        ]
        let running = try Running(command, ranks: ranks, in: fixture.folder)
        let runs = fixture.folder.file("table/runs")
        let outcome = try running.end(by: SIGUSR1) {
            holds("state.json", below: runs)
        }
        #expect(outcome.status == 85, "\(outcome.screen)")
        #expect(outcome.count("repeat the same command to continue") == 1, "\(outcome.screen)")
        let again = try parp(command, ranks: ranks, in: fixture.folder)
        #expect(again.status == 0 && again.count("continuing after update") == 1, "\(again.screen)")
    }

    @Test(
        "scale run ends with 85 and takes the launch with it, also where it was started with signals blocked",
        arguments: [SIGTERM, SIGHUP, SIGUSR1, SIGINT], [false, true])
    func study(number: Int32, blocks: Bool) throws {
        let fixture = try Fixture()
        let running = try Running(
            [
                "scale", "run", "recipe.toml", "--ranks", "2", "--output", fixture.folder.file("study"),
                "--updates", "5000", "--launcher", "mpirun --quiet --oversubscribe --bind-to none",
            ], ranks: 1, blocks: blocks, in: fixture.folder)
        let study = fixture.folder.file("study")
        let outcome = try running.end(by: number) {
            holds("metrics.jsonl", below: study)
        }
        #expect(outcome.status == 85, "\(outcome.screen)")
        #expect(outcome.count("the current launch is stopped") == 1, "\(outcome.screen)")
        // The launcher has ended; its ranks end with it.
        let deadline = Date(timeIntervalSinceNow: 10)
        while !processes(with: study).isEmpty, Date() < deadline { Thread.sleep(forTimeInterval: 0.1) }
        #expect(processes(with: study).isEmpty)
    }

    @Test("an ignored hang-up stays ignored, as under nohup")
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
