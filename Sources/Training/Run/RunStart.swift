internal import Checkpoints
internal import Collectives
internal import Foundation
internal import JSON
internal import Program
package import Recipe
package import Session

/// A problem with its model and data checked, and what the user should know about them.
package struct PreparedProblem<Problem: RunProblem> {
    package let problem: Problem
    /// Utterances left out, one sentence each.
    package let leftOut: [String]
    /// What rank 0 prints before the first update, one item per line.
    package let announcement: [String]
    /// Hashes of model and data.
    package let content: RunContent

    /// A problem and what to report about it.
    package init(problem: Problem, leftOut: [String], announcement: [String], content: RunContent) {
        self.problem = problem
        self.leftOut = leftOut
        self.announcement = announcement
        self.content = content
    }
}

/// Runs a recipe from its file to the final model, on all ranks of a session.
///
/// - Parameter prepare: Reads a recipe's model and data, before there is a run directory.
package func startRun<Problem: RunProblem>(
    _ options: TrainOptions, task: TaskKind, session: Session,
    prepare: (Recipe) throws -> PreparedProblem<Problem>
) throws {
    var (recipe, injections) = try session.together { () -> (Recipe, [Injection]) in
        let recipe = try Recipe(path: options.recipe, overrides: options.overrides, task: task)
        try requirePaths(recipe)
        return (recipe, try parseInjections(options, ranks: session.communicator.size))
    }
    try session.requireSameProgram()
    try session.requireSame(SharedInput.run(recipe, file: options.recipe))
    try session.stopIfInterrupted()
    let directory = RunDirectory(path: options.directory)
    // Before any long work.
    try session.together {
        guard session.isRoot else { return }
        try directory.checkFree(
            for: recipe, resume: options.resume, allowsMoves: true, allowsLengthening: options.statesUpdates)
        if options.resume { try directory.checkCheckpoints() }
        try directory.requireOutside(model: recipe.model.path)
        try directory.checkWritable()
    }
    if options.resume { try session.keepPrecision(of: directory, in: &recipe) }
    try session.prepareProducts(
        threads: recipe.distributed.threadsPerRank, precision: recipe.precision.products,
        reportsBindings: options.reportsBindings, isQuiet: options.isQuiet)
    let prepared = try prepare(recipe)
    let probe = try session.settlePrecision(of: &recipe, layout: prepared.problem.layout)
    let lock = try session.together { () -> RunLock? in
        guard session.isRoot else { return nil }
        try directory.create()
        let lock = try RunLock(directory: directory.path)
        // Again, now that no other run can start here in between.
        try directory.checkFree(
            for: recipe, resume: options.resume, allowsMoves: true, allowsLengthening: options.statesUpdates)
        try directory.requireSame(prepared.content) { recipe.text(of: $0) }
        directory.clearUnfinished()
        return lock
    }
    try session.together {
        guard session.isRoot else { return }
        try directory.keep(prepared.content)
        try AtomicFile.write(Data(recipe.toml.utf8), to: directory.recipe)
        let environment = environmentReport(
            session: session, skipped: prepared.leftOut, precision: recipe.precision.products, probe: probe)
        try AtomicFile.write(Data((environment.text() + "\n").utf8), to: directory.environment)
    }
    if session.isRoot, !options.isQuiet {
        let found = probe.map { ["precision: \($0.text)"] } ?? []
        for line in prepared.announcement + found + [stopAdvice(session)] { print(line) }
        fflush(nil)
    }
    var start = TrainingRun.Start(
        recipe: recipe, session: session, directory: directory, problem: prepared.problem,
        resume: options.resume, injections: injections, trace: options.trace)
    start.isQuiet = options.isQuiet
    start.writesHistograms = options.writesHistograms
    var run = try TrainingRun(start)
    try withExtendedLifetime(lock) { try run.run() }
}

/// How to stop a run without losing anything.
///
/// Asking one rank is enough. On Ctrl-C, SIGTERM and SIGHUP, Open MPI's launcher ends the ranks within two
/// seconds, whatever they are doing; it passes SIGUSR1 on.
/// MPICH's launcher passes SIGTERM on, and keeps SIGUSR1 to itself.
private func stopAdvice(_ session: Session) -> String {
    let stop = "stop with: kill -USR1 \(ProcessInfo.processInfo.processIdentifier)"
    guard session.communicator.size > 1 else { return stop + ", or Ctrl-C" }
    let isOpenMPI = session.communicator.libraryVersion.contains("Open MPI")
    guard isOpenMPI else { return stop + " on \(session.communicator.hostName), or SIGTERM to the launcher" }
    return stop
        + " on \(session.communicator.hostName) (Ctrl-C makes mpirun kill the ranks within two seconds)"
}

/// The faults requested by `--inject`.
private func parseInjections(_ options: TrainOptions, ranks: Int) throws -> [Injection] {
    let limit = 100
    guard options.injections.count <= limit else {
        throw UserError(.usage, "--inject is given \(options.injections.count) times; \(limit) are allowed")
    }
    let injections = try options.injections.map { try Injection(parsing: $0) }
    guard let outside = injections.first(where: { $0.rank >= ranks }) else { return injections }
    throw UserError(
        .usage, "--inject names rank \(outside.rank), but the ranks are 0 to \(ranks - 1)")
}

package func requirePaths(_ recipe: Recipe) throws {
    let paths = [
        ("model.path", recipe.model.path), ("data.train", recipe.data.train),
        ("data.valid", recipe.data.valid),
    ]
    let missing = paths.filter { $0.1.isEmpty }.map(\.0)
    guard missing.isEmpty else {
        throw UserError(
            .usage,
            "the recipe does not state \(missing.joined(separator: ", ")); "
                + "add it to the recipe, or give it with --set \(missing[0])=PATH")
    }
}
