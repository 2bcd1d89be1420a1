internal import Foundation
internal import Program
internal import Pruning
internal import Recipe
package import Session
internal import Tasks
internal import Training

/// Does a comparison's missing runs, one after another on all ranks of a session, and writes the results.
///
/// A stopped comparison continues where it was: finished runs are kept, a stopped one is resumed.
package func runComparison(_ options: ComparisonOptions, session: Session) throws {
    var comparison = try session.together { try Comparison(options) }
    try session.requireSameProgram()
    try session.requireSame(SharedInput.run(comparison.recipe, file: options.recipe))
    // A mistake in them shows before the first run, not after the last.
    try session.together { if session.isRoot { _ = try comparison.neighbours() } }
    if !options.onlyReports { try comparison.run(comparison.plan.runs, session) }
    if !options.learningRates.isEmpty {
        try comparison.settle(session)
        if !options.onlyReports { try comparison.run(comparison.plan.runs, session) }
    }
    if !options.onlyReports { try comparison.judge(session) }
    try session.together {
        guard session.isRoot else { return }
        let report = try ComparisonReport(comparison)
        try report.write()
        print(report.summary)
    }
}

/// A comparison: its parsed options, and where its files are.
struct Comparison: Sendable {
    let options: ComparisonOptions
    /// The recipe of all runs.
    let recipe: Recipe
    /// The languages; an empty name is the recipe's own data.
    let data: [ComparedData]
    private(set) var plan: ComparisonPlan
    /// The results of the learning rates tried.
    private(set) var trials: [RateTrial] = []
    private let seeds: [Int]

    /// Updates of a round of iterative pruning over those of a run, as in the authors' code: 2,000 of 12,000.
    private static let roundShare = 6

    init(_ options: ComparisonOptions) throws {
        guard !options.onlyReports || FileManager.default.fileExists(atPath: options.output) else {
            throw UserError(
                .usage, "\(options.output): there is no comparison; leave out --only-report to run it")
        }
        self.options = options
        recipe = try Recipe(path: options.recipe, overrides: options.overrides)
        guard recipe.precision.gemm != .automatic else {
            throw UserError(
                .usage,
                "\(options.recipe): each run would choose its own precision.gemm, and runs would differ in more than "
                    + "their methods; state it (`parp bench step --precision auto` finds the faster one)")
        }
        data =
            options.data.isEmpty
            ? [
                ComparedData(
                    name: "", train: recipe.manifests.train, valid: recipe.manifests.valid,
                    test: options.test)
            ] : try options.data.map { try ComparedData($0, test: options.test) }
        guard Set(data.map(\.name)).count == data.count else {
            throw UserError(.usage, "two --data have the same name; each names a folder of results")
        }
        // GLUE files have their format before a colon.
        let isMissing = { (path: String) in
            !path.contains(":") && !FileManager.default.fileExists(atPath: path)
        }
        if let missing = data.compactMap(\.test).first(where: isMissing) {
            throw UserError(
                .data, "\(missing): no such file; --test names the data to evaluate final models on")
        }
        let methods = try options.methods.map { try Self.method($0, of: ComparedMethod.allCases) }
        let transfers = try options.transfers.map {
            try Self.method($0, of: [.oneShot, .parp, .progressive])
        }
        guard transfers.isEmpty || data.count > 1 else {
            throw UserError(.usage, "a transfer is from one corpus to another; give two with --data")
        }
        guard options.learningRates.isEmpty || transfers.isEmpty else {
            throw UserError(.usage, "--transfer takes no --learning-rates: give the best one with --set")
        }
        guard options.learningRates.allSatisfy({ $0 > 0 && $0.isFinite }),
            Set(options.learningRates).count == options.learningRates.count
        else {
            throw UserError(
                .usage, "--learning-rates are \(options.learningRates); each must be above 0 and given once")
        }
        guard options.beside.isEmpty || options.learningRates.isEmpty else {
            throw UserError(
                .usage, "--beside takes no --learning-rates: which rate the other one chose is not known here"
            )
        }
        seeds = options.seeds.isEmpty ? [recipe.seed] : options.seeds
        guard options.sparsities.allSatisfy({ 0 < $0 && $0 < 1 }),
            !options.sparsities.isEmpty || methods == [.dense]
        else {
            throw UserError(
                .usage, "--sparsities are \(options.sparsities); each must be above 0 and below 1")
        }
        plan = ComparisonPlan(
            methods: methods, sparsities: options.sparsities.sorted(), seeds: seeds, data: data.map(\.name),
            transfers: transfers, rates: options.learningRates, hasEqualCost: options.hasEqualCost)
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
    /// The file of a mask that a run passes to others.
    func file(_ mask: MaskOrigin) -> String { file(mask: mask.name) }
    private func file(mask: String) -> String { "\(options.output)/masks/\(mask).safetensors" }

    /// Chooses each subject's learning rate on the validation set, and plans the other seeds with it.
    mutating func settle(_ session: Session) throws {
        let found = try session.together { session.isRoot ? try triedRates() : [] }
        trials = zip(plan.subjects, try session.share(found)).map { subject, values in
            RateTrial(subject: subject, rates: options.learningRates, values: values)
        }
        let best = trials.compactMap { trial in trial.best(by: recipe.metric).map { (trial.subject, $0) } }
        plan.settle(
            rates: Dictionary(best, uniquingKeysWith: { first, _ in first }), seeds: Array(seeds.dropFirst()))
    }

    /// Each rate's result for each subject on the validation set; nil for unfinished runs.
    private func triedRates() throws -> [[Double?]] {
        try plan.subjects.map { subject in
            try options.learningRates.map { rate in
                guard let cell = plan.cells.first(where: { $0.subject == subject && $0.rate == rate }),
                    let run = cell.runs.last,
                    let record = try RunRecord(folder: folder(run), task: recipe.task)
                else { return nil }
                let value = record.value(of: recipe.metric)
                return value.isNaN ? nil : value
            }
        }
    }

    /// Evaluates the models that count on the test data, each once.
    func judge(_ session: Session) throws {
        for cell in plan.cells {
            guard let run = cell.runs.last, let test = test(of: cell.data) else { continue }
            let folder = folder(run)
            let isJudged = try session.share(session.isRoot && Judgement(folder: folder, data: test) != nil)
            guard !isJudged else { continue }
            if session.isRoot { print("judging \(run) by \(test)") }
            let outcomes = try outcomes(
                ofModel: folder + "/final", on: test, recipe: recipe, session: session)
            try session.together {
                if session.isRoot { try Judgement(data: test, outcomes: outcomes).write(to: folder) }
            }
        }
    }

    /// The test data of a language; nil uses the validation set.
    func test(of name: String) -> String? { data.first { $0.name == name }?.test }

    /// Does the unfinished runs, in order.
    func run(_ runs: [ComparedRun], _ session: Session) throws {
        for (index, run) in runs.enumerated() {
            let options = trainOptions(run)
            let found = try session.together { session.isRoot ? try runStatus(options) : .absent }
            let status = try session.share(found)
            guard status != .finished else { continue }
            try session.together {
                guard session.isRoot else { return }
                print("run \(index + 1) of \(runs.count): \(run.name)")
                if let mask = run.mask { try write(mask) }
            }
            var resumed = options
            resumed.resume = status == .begun
            do {
                try runTraining(resumed, session: session)
            } catch let failure as CollectiveFailure where failure.exitCode == ExitCode.interrupted.rawValue {
                throw CollectiveFailure(
                    .interrupted,
                    "interrupted in run \(index + 1) of \(runs.count), \(run.name): "
                        + "repeat the same command to continue")
            }
            if session.isRoot { removeCheckpoints(ofFinishedRun: options) }
        }
    }

    /// Makes the mask that a run starts from, if it does not exist yet.
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

    /// The options of `parp train` for a run.
    func trainOptions(_ run: ComparedRun) -> TrainOptions {
        TrainOptions(
            recipe: options.recipe, overrides: options.overrides + overrides(run), output: folder(run.name))
    }

    /// A run's changes of the recipe.
    private func overrides(_ run: ComparedRun) -> [String] {
        var changes = [
            "seed=\(run.seed)", "pruning.method=\(run.method.rawValue)", "pruning.sparsity=\(run.sparsity)",
            "pruning.initial_mask=" + quoted(initialMask(run)),
        ]
        if let rate = run.rate { changes.append("optimizer.learning_rate=\(rate)") }
        if run.length > 1 { changes.append("schedule.updates=\(recipe.updates * run.length)") }
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

    /// The recipe's first mask applies to PARP and selects random pruning's mask; for others it follows from
    /// the method.
    private func initialMask(_ run: ComparedRun) -> String {
        if let mask = run.mask { return file(mask) }
        return switch run.method {
        case .parp, .progressive: recipe.initialMask
        case .random where recipe.initialMask == "random_model": recipe.initialMask
        default: "auto"
        }
    }

    /// The recipe's, or half the sparsity if that does not exceed it: a ramp must rise.
    private func startSparsity(to sparsity: Double) -> Double {
        recipe.startSparsity < sparsity ? recipe.startSparsity : sparsity / 2
    }
}

/// A text as a value of a recipe.
private func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
}
