internal import Collectives
internal import Foundation
internal import Program
internal import Recipe
internal import Reports
package import Session
internal import Tasks
internal import Tensors
internal import Training

#if canImport(Glibc)
    internal import Glibc
#endif

/// Measures a recipe's updates at several numbers of ranks, or writes Slurm jobs for that.
///
/// Each launch is a separate run of `parp train`, in random order with alternating settings, so that changes
/// on the machine affect all of them alike. A setting is launched until its mean is precise enough; those
/// that reach the maximum number of launches first are reported.
package func runScaleStudy(_ options: ScaleRunOptions, session: Session) throws {
    guard session.communicator.size == 1 else {
        throw UserError(.usage, "parp scale run starts its ranks by itself: call it without mpirun")
    }
    let study = try ScaleStudy(options)
    let folder = ScaleFolder(path: options.output)
    try folder.keep(study)
    if let slurmFolder = options.slurmFolder {
        return try writeSlurmJobs(study, folder: folder, options: options, to: slurmFolder)
    }
    let runner = ScaleRunner(study: study, folder: folder, options: options)
    try runner.makeMasks()
    var round = 0
    while true {
        let open = try study.cells.filter { try !runner.isKnown($0) }
        if open.isEmpty { break }
        round += 1
        for cell in shuffled(open, seed: options.seed, round: round) { try runner.launch(cell) }
    }
    for cell in study.cells { print(try runner.summary(cell)) }
}

/// The same elements in a random order.
package func shuffled<Element>(_ elements: [Element], seed: Int, round: Int) -> [Element] {
    let random = CountedRandom(seed: UInt64(seed), stream: .bootstrap, step: round)
    return elements.indices.sorted { random.bits(at: UInt64($0)) < random.bits(at: UInt64($1)) }
        .map { elements[$0] }
}

/// Launches the runs of a study.
struct ScaleRunner {
    let study: ScaleStudy
    let folder: ScaleFolder
    let options: ScaleRunOptions

    /// Prunes the model once for each sparsity that needs a mask.
    func makeMasks() throws {
        for sparsity in Set(study.cells.filter(\.needsMask).map(\.sparsity)).sorted() {
            let output = folder.mask(sparsity: sparsity)
            if FileManager.default.fileExists(atPath: output) { continue }
            try execute(maskCommand(sparsity: sparsity), log: "\(folder.path)/mask-\(sparsity).log")
        }
    }

    func maskCommand(sparsity: Double) -> [String] {
        [
            options.program, "prune", "--model", study.amounts.modelPath, "--sparsity", "\(sparsity)",
            "--output", folder.mask(sparsity: sparsity),
        ]
    }

    /// Whether a setting needs no more launches.
    func isKnown(_ cell: ScaleCell) throws -> Bool {
        let done = folder.turnsDone(cell, upTo: study.maximumRepeats)
        guard done.count >= study.minimumRepeats else { return false }
        if done.count == study.maximumRepeats { return true }
        return try interval(cell).relativeHalfWidth <= study.tolerance
    }

    private func interval(_ cell: ScaleCell) throws -> MeanInterval {
        try MeanInterval(
            folder.turnsDone(cell, upTo: study.maximumRepeats).map {
                try ScaleLaunch(folder: folder, cell: cell, turn: $0, warmup: study.warmup).step
            })
    }

    /// Launches a setting again.
    func launch(_ cell: ScaleCell) throws {
        let turn = (folder.turnsDone(cell, upTo: study.maximumRepeats).max() ?? 0) + 1
        let run = folder.run(cell, turn)
        // Remains of an interrupted study.
        try? FileManager.default.removeItem(atPath: run)
        try FileManager.default.createDirectory(
            atPath: (run as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        let command =
            study.launcher.split(separator: " ").map(String.init) + ["-np", "\(cell.ranks)", options.program]
            + trainArguments(cell, turn: turn)
        try execute(command, log: run + ".log")
        // A study does not need the models.
        for part in ["best", "final", "checkpoints"] {
            try? FileManager.default.removeItem(atPath: run + "/" + part)
        }
        let step = try ScaleLaunch(folder: folder, cell: cell, turn: turn, warmup: study.warmup).step
        print("\(cell.name), launch \(turn): \(String(format: "%.4f", step)) s per update")
        fflush(nil)
    }

    /// The arguments after the program's name.
    func trainArguments(_ cell: ScaleCell, turn: Int) -> [String] {
        let settings = study.overrides + study.settings(of: cell, mask: folder.mask(sparsity: cell.sparsity))
        return [
            "train", study.recipe, "--output", folder.run(cell, turn), "--trace", folder.trace(cell, turn),
        ]
            + settings.flatMap { ["--set", $0] }
    }

    private func execute(_ command: [String], log path: String) throws {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        guard let log = FileHandle(forWritingAtPath: path) else {
            throw UserError(.data, "\(path): cannot be written")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = log
        process.standardError = log
        try process.run()
        let isInterrupted = waitForExit(of: process)
        try? log.close()
        guard !isInterrupted else {
            throw CollectiveFailure(
                .interrupted,
                "interrupted: the current launch is stopped and does not count; repeat the same command to continue"
            )
        }
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            let said = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            let last = said.split(separator: "\n").suffix(3).joined(separator: "\n  ")
            throw UserError(
                .fault,
                "\(command.joined(separator: " "))\nended with \(process.terminationStatus); \(path):\n  \(last)"
            )
        }
    }

    /// Waits for a launch to end; if this process is asked to stop meanwhile, so is the launch.
    ///
    /// - Returns: Whether it was asked to stop.
    private func waitForExit(of process: Process) -> Bool {
        // The time that `mpirun` gives its ranks, and more.
        let grace = 15.0
        var deadline: Double?
        while process.isRunning {
            Thread.sleep(forTimeInterval: 0.02)
            guard Interruption.isRequested else { continue }
            if let deadline {
                if monotonicSeconds() > deadline { kill(process.processIdentifier, SIGKILL) }
            } else {
                deadline = monotonicSeconds() + grace
                process.terminate()
            }
        }
        process.waitUntilExit()
        return Interruption.isRequested
    }

    /// How precisely a setting is known.
    func summary(_ cell: ScaleCell) throws -> String {
        let mean = try interval(cell)
        let width = String(format: "±%.1f %%", 100 * mean.relativeHalfWidth)
        return
            "\(cell.name): \(String(format: "%.4f", mean.mean)) s per update, \(width) over \(mean.count) launches"
            + (mean.relativeHalfWidth > study.tolerance
                ? " (as many launches as allowed; less precise than --tolerance)" : "")
    }
}
