internal import Checkpoints
internal import Collectives
internal import Foundation
internal import Kernels
internal import Models
internal import Pruning
internal import Speech
internal import Tensors
internal import Text

/// What `parp train` was asked for.
public struct TrainOptions: Sendable {
    /// The recipe file.
    public var recipe: String
    /// Changes of the recipe: `section.key=value` each.
    public var overrides: [String]
    /// The run directory; nil makes one below `runs/`, named after the recipe.
    public var output: String?
    /// Whether to go on with the run that is there.
    public var resume: Bool

    /// What to train, and where to.
    public init(recipe: String, overrides: [String] = [], output: String? = nil, resume: Bool = false) {
        self.recipe = recipe
        self.overrides = overrides
        self.output = output
        self.resume = resume
    }
}

/// Fine-tunes a model as a recipe says, on all ranks of a session.
public func runTraining(_ options: TrainOptions, session: Session) throws {
    let recipe = try session.together {
        let recipe = try Recipe(path: options.recipe, overrides: options.overrides)
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
        threads: recipe.distributed.threadsPerRank, precision: recipe.precision.gemm)
    let model = try session.together {
        try SpeechModel.toFineTune(
            path: recipe.model.path, vocabulary: recipe.model.vocabulary,
            training: SpeechModel.Transcripts(
                manifest: recipe.data.train, labels: recipe.data.labels, textCase: recipe.data.textCase))
    }
    let train = try check(recipe.data.train, recipe, model, needsAlignment: true, session)
    let valid = try check(recipe.data.valid, recipe, model, needsAlignment: false, session)
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
        let environment = environmentReport(session: session, skipped: train.skipped + valid.skipped)
        try AtomicFile.write(Data((environment.text() + "\n").utf8), to: directory.environment)
    }
    announce(recipe, model: model, train: train, valid: valid, session: session)
    var run = try TrainingRun(
        TrainingRun.Start(
            recipe: recipe, session: session, directory: directory, model: model, train: train.dataset,
            valid: valid.dataset, resume: options.resume))
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

private func check(
    _ path: String, _ recipe: Recipe, _ model: SpeechModel, needsAlignment: Bool, _ session: Session
) throws -> DatasetCheck {
    try DatasetChecker(
        model: model, labels: recipe.data.labels, textCase: recipe.data.textCase,
        policy: recipe.data.badUtterances, needsAlignment: needsAlignment
    ).check(path, session: session)
}

/// Says what is about to run, on rank 0.
private func announce(
    _ recipe: Recipe, model: SpeechModel, train: DatasetCheck, valid: DatasetCheck, session: Session
) {
    guard session.isRoot else { return }
    let layout = model.network.layout
    let pool = PrunablePool(layout, includesBiases: recipe.pruning.includeBiases)
    print(
        String(
            format: "model: %@, %.2f M weights, %.2f M of them prunable%@", recipe.model.path,
            Double(layout.parameterCount) / 1e6, Double(pool.count) / 1e6,
            model.needsFreshHead ? ", fresh head of \(model.vocabulary.size) tokens" : ""))
    for (name, set) in [("train", train), ("valid", valid)] {
        print(
            "\(name): \(set.dataset.utterances.count) utterances, \(Progress.duration(set.dataset.totalSeconds))"
                + (set.resampled > 0 ? ", \(set.resampled) resampled to \(model.sampleRate) Hz" : "")
                + (set.skipped.isEmpty ? "" : ", \(set.skipped.count) left out:"))
        for fault in set.skipped { print("  \(fault)") }
    }
    print(
        "ranks: \(session.communicator.size) × \(Threads.count) thread(s); method: \(recipe.pruningMethod.name)"
            + (recipe.pruning.method == .dense ? "" : ", sparsity \(recipe.pruning.sparsity)")
            + "; \(recipe.schedule.updates) updates of \(recipe.data.batchSeconds) s")
    fflush(nil)
}
