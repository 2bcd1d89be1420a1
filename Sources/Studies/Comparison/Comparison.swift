internal import Foundation
internal import Program
internal import Pruning
internal import Recipe
package import Session
internal import Tasks
internal import Training

/// Runs what a comparison lacks, one run after another on all ranks of a session, and writes what it found.
///
/// A comparison that was stopped goes on where it was: finished runs are kept, a stopped one is resumed.
package func runComparison(_ options: ComparisonOptions, session: Session) throws {
    let comparison = try session.together { try Comparison(options) }
    try session.requireSameProgram()
    try session.requireSame(SharedInput.run(comparison.recipe, file: options.recipe))
    if !options.onlyReports { try comparison.run(session) }
    try session.together {
        guard session.isRoot else { return }
        let report = try ComparisonReport(comparison)
        try report.write()
        print(report.summary)
    }
}

/// A comparison: what was asked for, understood, and where its files are.
struct Comparison: Sendable {
    let options: ComparisonOptions
    /// What all runs follow.
    let recipe: Recipe
    /// The languages; without a name, the recipe's own data.
    let data: [ComparedData]
    let plan: ComparisonPlan

    /// Updates of a round of iterative pruning over those of a run, as in the authors' code: 2,000 of 12,000.
    private static let roundShare = 6

    init(_ options: ComparisonOptions) throws {
        guard !options.onlyReports || FileManager.default.fileExists(atPath: options.output) else {
            throw UserError(
                .usage, "\(options.output): no comparison is there; leave out --only-report to run it")
        }
        self.options = options
        recipe = try Recipe(path: options.recipe, overrides: options.overrides)
        data =
            options.data.isEmpty
            ? [ComparedData(name: "", train: recipe.manifests.train, valid: recipe.manifests.valid)]
            : try options.data.map(ComparedData.init)
        guard Set(data.map(\.name)).count == data.count else {
            throw UserError(.usage, "two --data have one name; each names a folder of results")
        }
        let methods = try options.methods.map { try Self.method($0, of: ComparedMethod.allCases) }
        let transfers = try options.transfers.map {
            try Self.method($0, of: [.oneShot, .parp, .progressive])
        }
        guard transfers.isEmpty || data.count > 1 else {
            throw UserError(.usage, "a transfer is from one language to another; name two with --data")
        }
        guard options.sparsities.allSatisfy({ 0 < $0 && $0 < 1 }),
            !options.sparsities.isEmpty || methods == [.dense]
        else {
            throw UserError(
                .usage, "--sparsities are \(options.sparsities); each must be above 0 and below 1")
        }
        plan = ComparisonPlan(
            methods: methods, sparsities: options.sparsities.sorted(),
            seeds: options.seeds.isEmpty ? [recipe.seed] : options.seeds, data: data.map(\.name),
            transfers: transfers)
    }

    private static func method(_ name: String, of methods: [ComparedMethod]) throws -> ComparedMethod {
        guard let method = methods.first(where: { $0.rawValue == name }) else {
            let known = methods.map(\.rawValue).joined(separator: ", ")
            throw UserError(.usage, "no such method to compare: \(name); there are \(known)")
        }
        return method
    }

    /// The run directory of a run.
    func folder(_ run: String) -> String { "\(options.output)/runs/\(run)" }
    /// The file of a mask that a run hands to others.
    func file(_ mask: MaskOrigin) -> String { file(mask: mask.name) }
    private func file(mask: String) -> String { "\(options.output)/masks/\(mask).safetensors" }

    /// Does the runs that are not finished, in order.
    func run(_ session: Session) throws {
        for (index, run) in plan.runs.enumerated() {
            let options = trainOptions(run)
            let found = try session.together { session.isRoot ? try runStatus(options) : .absent }
            let status = try session.share(found)
            guard status != .finished else { continue }
            try session.together {
                guard session.isRoot else { return }
                print("run \(index + 1) of \(plan.runs.count): \(run.name)")
                if let mask = run.mask { try write(mask) }
            }
            var resumed = options
            resumed.resume = status == .begun
            do {
                try runTraining(resumed, session: session)
            } catch let failure as CollectiveFailure where failure.exitCode == ExitCode.interrupted.rawValue {
                throw CollectiveFailure(
                    .interrupted,
                    "interrupted in run \(index + 1) of \(plan.runs.count), \(run.name): "
                        + "give the same command again to go on")
            }
            if session.isRoot { removeCheckpoints(ofFinishedRun: options) }
        }
    }

    /// Makes the mask that a run starts from, if it is not there yet.
    private func write(_ mask: MaskOrigin) throws {
        let path = file(mask)
        guard !FileManager.default.fileExists(atPath: path) else { return }
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try MagnitudeMaskFile(
            model: folder(mask.run) + "/final", sparsity: mask.sparsity,
            within: mask.within.map { file(mask: $0) }
        ).write(to: path, pruning: recipe)
    }

    /// What `parp train` would be asked for to do a run.
    func trainOptions(_ run: ComparedRun) -> TrainOptions {
        TrainOptions(
            recipe: options.recipe, overrides: options.overrides + overrides(run), output: folder(run.name))
    }

    /// What a run changes of the recipe.
    private func overrides(_ run: ComparedRun) -> [String] {
        var changes = [
            "seed=\(run.seed)", "pruning.method=\(run.method.rawValue)", "pruning.sparsity=\(run.sparsity)",
            "pruning.initial_mask=" + quoted(initialMask(run)),
        ]
        if let data = data.first(where: { $0.name == run.data && !$0.name.isEmpty }) {
            changes += ["data.train=" + quoted(data.train), "data.valid=" + quoted(data.valid)]
        }
        if run.method == .progressive {
            changes.append("pruning.start_sparsity=\(startSparsity(to: run.sparsity))")
        }
        if run.isRound {
            changes.append("schedule.updates=\(max(1, recipe.updates / Self.roundShare))")
            changes += options.roundOverrides
        }
        return changes
    }

    /// The recipe's first mask is PARP's, or which random mask random pruning takes; the others' follows from
    /// the method.
    private func initialMask(_ run: ComparedRun) -> String {
        if let mask = run.mask { return file(mask) }
        return switch run.method {
        case .parp, .progressive: recipe.initialMask
        case .random where recipe.initialMask == "random_model": recipe.initialMask
        default: "auto"
        }
    }

    /// The recipe's, or half of a sparsity that does not exceed it: a ramp must rise.
    private func startSparsity(to sparsity: Double) -> Double {
        recipe.startSparsity < sparsity ? recipe.startSparsity : sparsity / 2
    }
}

/// A text as a value of a recipe.
private func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
}

/// Recordings that methods are compared on: of one language, usually.
struct ComparedData: Sendable, Hashable {
    /// What folders and tables call them.
    let name: String
    /// The manifest to train on.
    let train: String
    /// The manifest to evaluate on.
    let valid: String

    init(name: String, train: String, valid: String) {
        (self.name, self.train, self.valid) = (name, train, valid)
    }

    /// The data of `NAME=FOLDER`.
    init(_ text: String) throws {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        let isName = { (character: Character) in
            character.isLetter || character.isNumber || "-_".contains(character)
        }
        guard parts.count == 2, parts[0].allSatisfy(isName) else {
            throw UserError(
                .usage,
                "--data is \(text); write NAME=FOLDER, where the folder holds train.jsonl and valid.jsonl")
        }
        self.init(name: parts[0], train: parts[1] + "/train.jsonl", valid: parts[1] + "/valid.jsonl")
    }
}
