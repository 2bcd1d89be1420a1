internal import Collectives
internal import Foundation
internal import JSON
internal import Program
package import Recipe
package import Session
internal import Training

/// Options of `parp doctor`.
package struct DoctorOptions: Sendable {
    /// The recipe to be run; nil checks only the launch.
    package var recipe: String?
    /// Changes of the recipe, each `section.key=value`.
    package var overrides: [String]
    /// The command that the recipe is for.
    package var task: TaskKind?
    /// The run directory to be used.
    package var output: String?
    /// Whether to print one JSON object on one line.
    package var json: Bool

    /// An examination of a launch.
    package init(
        recipe: String? = nil, overrides: [String] = [], task: TaskKind? = nil,
        output: String? = nil, json: Bool = false
    ) {
        self.recipe = recipe
        self.overrides = overrides
        self.task = task
        self.output = output
        self.json = json
    }
}

/// Looks for launch mistakes on every rank, and prints the findings on rank 0.
///
/// - Throws: On all ranks, if there is an error; the exit code is that of the first.
package func runDoctor(_ options: DoctorOptions, session: Session) throws {
    let needs = try session.share(
        session.together {
            guard session.isRoot, let recipe = options.recipe else { return RecipeNeeds() }
            return try RecipeNeeds(
                recipe: recipe, overrides: options.overrides, task: options.task,
                ranks: session.communicator.size, ranksPerNode: session.communicator.nodeSize)
        })
    let name = options.recipe.map { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent }
    let examination = Examination(
        needs: needs, output: options.output ?? "runs/\(name ?? "")", session: session)
    let diagnosis = try examination.diagnosis()
    let codes = try session.share(diagnosis.map { [UInt64($0.errors.count), $0.exitCode] } ?? [])
    if let diagnosis, isSpeaker(session) { print(options.json ? diagnosis.json.line : diagnosis.text) }
    guard codes[0] > 0 else { return }
    try session.together {
        throw UserError(
            ExitCode(rawValue: Int32(codes[1])) ?? .fault,
            codes[0] == 1 ? "1 error; fix it before the run" : "\(codes[0]) errors; fix them before the run"
        )
    }
}

/// Whether this process prints: if several all think they are alone, only the launcher's first does.
private func isSpeaker(_ session: Session) -> Bool {
    let rank = ProcessInfo.processInfo.environment["SLURM_PROCID"].flatMap { Int($0) } ?? 0
    return session.isRoot && (session.communicator.size > 1 || rank == 0)
}

/// Gathers the facts of all ranks.
private struct Examination {
    let needs: RecipeNeeds
    let output: String
    let session: Session

    /// What the facts mean, on rank 0; nil on the others.
    func diagnosis() throws -> Diagnosis? {
        let communicator = session.communicator
        let singleCopy = try (communicator as? MPICommunicator)?.singleCopyError() ?? 0
        let token = try session.share(session.isRoot ? ".parp-doctor-\(UUID().uuidString)" : "")
        let place = existingFolder(above: output) + "/" + token
        let isWritten = session.isRoot && FileManager.default.createFile(atPath: place, contents: nil)
        defer { if session.isRoot { try? FileManager.default.removeItem(atPath: place) } }
        try communicator.barrier()
        var own = RankFacts(needs: needs, communicator: communicator, output: output, token: token)
        own.singleCopyError = singleCopy
        // Permissions are not enough: some file systems accept no writes.
        if session.isRoot { own.output?.isWritable = isWritten }
        // Facts are long messages: if those fail, nothing more can be reported.
        let errors = try communicator.allGather([UInt64(singleCopy)]).map { Int($0[0]) }
        var early = Diagnosis(
            ranks: errors.map { error in
                var facts = own
                facts.singleCopyError = error
                return facts
            }, needs: needs)
        early.knowsOnlySingleCopy = true
        if early.singleCopyFindings.contains(where: { $0.level == .error }) {
            return session.isRoot ? early : nil
        }
        return try session.collect(own).map { Diagnosis(ranks: $0, needs: needs) }
    }
}
