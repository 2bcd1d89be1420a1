internal import Checkpoints
internal import Foundation
internal import JSON
internal import Program
internal import Recipe
internal import Reports

#if canImport(Glibc)
    internal import Glibc
#endif

/// The folder of a run: its inputs, its course and its results.
///
/// Only rank 0 writes to it.
package struct RunDirectory: Sendable {
    /// The folder.
    package let path: String

    package var recipe: String { path + "/recipe.toml" }
    package var environment: String { path + "/environment.json" }
    package var metrics: String { path + "/metrics.jsonl" }
    package var report: String { path + "/report.html" }
    package var best: String { path + "/best" }
    package var final: String { path + "/final" }

    /// The folder of the ranks' heartbeats.
    package var ranks: String { path + "/.ranks" }

    package func checkpoint(_ update: Int) -> String { "\(path)/checkpoints/step-\(update)" }
    package func mask(_ update: Int) -> String { "\(path)/masks/step-\(update).safetensors" }

    /// The folder of a run, existing or not.
    package init(path: String) { self.path = path }

    /// Whether a run was started here.
    var holdsRun: Bool { FileManager.default.fileExists(atPath: recipe) }

    /// Whether a run was started here, whatever is left of it.
    var holdsAnyRun: Bool { holdsRun || !results.isEmpty }

    /// The names of a run's results, which must not be replaced.
    private var results: [String] {
        ["metrics.jsonl", "best", "final"].filter { FileManager.default.fileExists(atPath: path + "/" + $0) }
            + (checkpointUpdates().isEmpty ? [] : ["checkpoints"])
    }

    /// Refuses a folder that is not free for a run: one that holds a run, the remains of one, or a model; or,
    /// for resuming, another run.
    ///
    /// - Parameters:
    ///   - allowsMoves: Whether model and data may have moved: their content is compared later, if it is
    ///     recorded.
    ///   - allowsLengthening: Whether the number of updates may differ, as `checkLengthening` allows.
    func checkFree(
        for recipe: Recipe, resume: Bool, allowsMoves: Bool = false, allowsLengthening: Bool = false
    ) throws {
        guard holdsRun else {
            guard results.isEmpty else {
                throw UserError(
                    .usage,
                    "\(path) holds what is left of a run (\(results.joined(separator: ", "))), but its recipe.toml is "
                        + "gone; put it back to continue with --resume, or choose another --output")
            }
            guard !FileManager.default.fileExists(atPath: path + "/config.json") else {
                throw UserError(.usage, "\(path) holds a model; choose another --output")
            }
            return
        }
        guard resume else {
            throw UserError(
                .usage, "\(path) holds a run already; continue with --resume, or choose another --output")
        }
        let begun = try begunRecipe(task: recipe.task)
        if allowsLengthening { try checkLengthening(from: begun, to: recipe) }
        let isReproducible = begun.distributed.reproducible
        let allowsMoves = allowsMoves && knowsContent
        var recipe = recipe
        if recipe.precision.gemm == .automatic { recipe.precision = begun.precision }
        let changes = RecipeKey.all(for: recipe.task).filter {
            ($0.decidesResults && !(allowsMoves && $0.namesContent) || isReproducible && $0.decidesSums)
                && $0.get(begun) != $0.get(recipe)
                && !(allowsLengthening && $0.path == "schedule.updates")
        }
        guard changes.isEmpty else {
            throw UserError(
                .usage,
                "\(path) was started with another recipe:\n"
                    + changes.map {
                        "  \($0.path) was \($0.get(begun).toml), not \($0.get(recipe).toml)"
                            + ($0.decidesResults
                                ? "\n" : ", which changes the last bits of a reproducible run\n")
                    }.joined()
                    + "continue with its original recipe, \(self.recipe), or choose another --output")
        }
    }

    /// Refuses to resume a run whose checkpoints are gone: it would start over and replace its results.
    func checkCheckpoints() throws {
        guard holdsRun, checkpointUpdates().isEmpty, !results.isEmpty else { return }
        // A run that was killed before its first checkpoint has lost none.
        let hadNone =
            FileManager.default.fileExists(atPath: path + "/checkpoints")
            && !FileManager.default.fileExists(atPath: final) && !hasNotedCheckpoint
        guard !hadNone else { return }
        throw UserError(
            .usage,
            "the checkpoints of \(path) are gone, but its \(results.joined(separator: ", ")) would be replaced; put "
                + "checkpoints/ back to continue with --resume, or choose another --output")
    }

    /// Whether the log says that there was a checkpoint.
    private var hasNotedCheckpoint: Bool {
        guard let log = FileManager.default.contents(atPath: metrics) else { return false }
        return log.split(separator: 0x0A).contains { line in
            (try? JSONValue(parsing: Data(line))).flatMap(MetricsKind.init) == .checkpoint
        }
    }

    /// The recipe of the run here, which must belong to the same command.
    func begunRecipe(task: TaskKind) throws -> Recipe {
        do {
            return try Recipe(path: recipe, task: task)
        } catch {
            for other in TaskKind.allCases where (try? Recipe(path: recipe, task: other)) != nil {
                throw UserError(
                    .usage, "\(path) holds a run of `\(other.command)`; choose another --output")
            }
            throw error
        }
    }

    /// Creates the folder and its subfolders.
    package func create() throws {
        for folder in [path, path + "/checkpoints", path + "/masks", ranks] {
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw UserError(.usage, "\(folder) cannot be created: \(error.localizedDescription)")
            }
        }
    }

    /// Refuses a folder that cannot be written to, before any long work.
    func checkWritable() throws {
        // What does not exist yet is created in the nearest existing folder.
        var nearest = path
        while !FileManager.default.fileExists(atPath: nearest) {
            let above = parent(of: nearest)
            nearest = above.isEmpty ? "." : above
        }
        guard access(nearest, W_OK | X_OK) == 0 else {
            throw UserError(
                .usage,
                "\(path) cannot be written to: \(nearest): \(String(cString: strerror(errno))); choose another --output"
            )
        }
    }

    /// Removes what a killed run had not finished writing, and restores what it was about to replace.
    func clearUnfinished() {
        let files = FileManager.default
        for folder in [path, path + "/checkpoints", path + "/masks"] {
            for name in (try? files.contentsOfDirectory(atPath: folder)) ?? [] {
                if let end = name.range(of: ".outgoing-")?.lowerBound,
                    !files.fileExists(atPath: "\(folder)/\(name[..<end])")
                {
                    try? files.moveItem(atPath: "\(folder)/\(name)", toPath: "\(folder)/\(name[..<end])")
                } else if name.contains(".outgoing-") || name.contains(".partial-") {
                    try? files.removeItem(atPath: "\(folder)/\(name)")
                }
            }
        }
    }

    /// The updates with complete checkpoints, newest first.
    func checkpointUpdates() -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path + "/checkpoints")) ?? []
        return names.compactMap { $0.hasPrefix("step-") ? Int($0.dropFirst(5)) : nil }.sorted(by: >)
    }

    /// Removes all checkpoints but the newest.
    func keepNewestCheckpoints(_ count: Int) {
        for update in checkpointUpdates().dropFirst(count) {
            try? FileManager.default.removeItem(atPath: checkpoint(update))
        }
    }
}

/// Keeps a second run out of a folder while this one is alive.
///
/// A class: the lock ends with its last holder.
final class RunLock: Sendable {
    private let descriptor: Int32

    /// Takes a folder.
    ///
    /// - Parameter patience: Seconds to wait for the holder: the system may still be tearing down a killed
    ///   run.
    init(directory: String, patience: Double = 5) throws {
        descriptor = open(directory + "/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw UserError(.usage, "\(directory) cannot be written to: \(String(cString: strerror(errno)))")
        }
        let deadline = monotonicSeconds() + patience
        // File systems without locks cannot refuse us.
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK {
            guard monotonicSeconds() > deadline else {
                usleep(50_000)
                continue
            }
            close(descriptor)
            throw UserError(
                .usage, "another run is writing to \(directory); wait for it or choose another --output")
        }
    }

    deinit { close(descriptor) }
}
