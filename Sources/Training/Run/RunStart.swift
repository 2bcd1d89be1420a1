internal import Checkpoints
internal import Foundation
internal import Kernels

/// A problem whose model and data were looked over, with what its user should know of them.
struct PreparedProblem<Problem: RunProblem> {
    let problem: Problem
    /// Utterances that are left out, a sentence each.
    let leftOut: [String]
    /// What rank 0 says before the first update, a line each.
    let announcement: [String]
}

/// Runs a recipe from its file to the final model, on all ranks of a session.
///
/// - Parameter prepare: Reads model and data of a recipe, before there is a run directory.
func startRun<Problem: RunProblem>(
    _ options: TrainOptions, purpose: Recipe.Purpose, session: Session,
    prepare: (Recipe) throws -> PreparedProblem<Problem>
) throws {
    let recipe = try session.together {
        let recipe = try Recipe(path: options.recipe, overrides: options.overrides, purpose: purpose)
        try requirePaths(recipe)
        return recipe
    }
    let name = ((options.recipe as NSString).lastPathComponent as NSString).deletingPathExtension
    let output = options.output ?? "runs/\(name)"
    let directory = RunDirectory(path: output)
    // Before anything takes time.
    try session.together {
        if session.isRoot { try directory.checkFree(for: recipe, resume: options.resume) }
    }
    try session.prepareProducts(
        threads: recipe.distributed.threadsPerRank, precision: recipe.precision.gemm,
        reportsBindings: options.reportsBindings)
    let prepared = try prepare(recipe)
    let lock = try session.together { () -> RunLock? in
        guard session.isRoot else { return nil }
        try directory.create()
        let lock = try RunLock(directory: output)
        // Again, now that no other run can begin here in between.
        try directory.checkFree(for: recipe, resume: options.resume)
        return lock
    }
    try session.together {
        guard session.isRoot else { return }
        try AtomicFile.write(Data(recipe.toml.utf8), to: directory.recipe)
        let environment = environmentReport(session: session, skipped: prepared.leftOut)
        try AtomicFile.write(Data((environment.text() + "\n").utf8), to: directory.environment)
    }
    if session.isRoot {
        for line in prepared.announcement { print(line) }
        fflush(nil)
    }
    var run = try TrainingRun(
        TrainingRun.Start(
            recipe: recipe, session: session, directory: directory, problem: prepared.problem,
            resume: options.resume, trace: options.trace))
    try withExtendedLifetime(lock) { try run.run() }
}

func requirePaths(_ recipe: Recipe) throws {
    let paths = [
        ("model.path", recipe.model.path), ("data.train", recipe.data.train),
        ("data.valid", recipe.data.valid),
    ]
    let missing = paths.filter { $0.1.isEmpty }.map(\.0)
    guard missing.isEmpty else {
        throw UserError(
            .usage,
            "the recipe says nothing of \(missing.joined(separator: ", ")); "
                + "write it into the recipe, or give it with --set \(missing[0])=PATH")
    }
}
