internal import Checkpoints
internal import Foundation
internal import Kernels
internal import Models
internal import Program
internal import Pruning
internal import Recipe
package import Session
package import Speech
internal import Tasks
internal import Text
internal import Training

/// Options of `parp new`.
package struct NewRecipeOptions: Sendable {
    /// The corpus to train on, or a folder with several sets.
    package var corpus: String
    /// The corpus to evaluate on; nil looks beside the training corpus.
    package var valid: String?
    /// The model to start from, or the name of a preset's shape.
    package var model: String
    /// The units of transcripts.
    package var labels = Manifest.Labels.letters
    package var wishes = FittingWishes()
    /// Ranks, and ranks per node; nil uses this machine's cores.
    package var ranks: Int?
    package var ranksPerNode: Int?
    /// The file to write; nil prints the recipe.
    package var output: String?
    /// Whether an existing file is replaced.
    package var overwrites = false

    package init(corpus: String, model: String) { (self.corpus, self.model) = (corpus, model) }
}

/// Writes a recipe that fits a corpus, a model and this machine, and reports its cost.
package func runNewRecipe(_ options: NewRecipeOptions, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        if let output = options.output {
            try OutputPlace(output, overwrites: options.overwrites).requireFreeForFile()
        }
        let sets = try CorpusSets(options)
        let fitting =
            TextCorpus.isTextCorpus(sets.train) ? try fitText(sets, options) : try fitSpeech(sets, options)
        let text = fitting.text
        guard let output = options.output else { return print(text, terminator: "") }
        try AtomicFile.write(Data(text.utf8), to: output)
        print("\(output) is written.")
        for line in fitting.head { print("  " + line) }
        print("next:  parp plan \(output) --ranks \(fitting.fitted.facts.machine.ranks)")
        print(
            "       mpirun -np \(fitting.fitted.facts.machine.ranks) parp train \(output)")
    }
}

/// The corpora of training and validation.
private struct CorpusSets {
    let train: String
    let valid: String

    private static let validNames = ["valid", "validation", "dev", "heldout", "eval"]

    init(_ options: NewRecipeOptions) throws {
        let given = CorpusFormat.parse(options.corpus).path
        guard FileManager.default.fileExists(atPath: given) else {
            throw UserError(.data, "\(given): no such file or folder")
        }
        // `parp corpus split` writes a folder of sets.
        let inside = ["jsonl", "csv", "tsv"].map { "\(given)/train.\($0)" }
        train = inside.first { FileManager.default.fileExists(atPath: $0) } ?? options.corpus
        if let valid = options.valid {
            self.valid = valid
            return
        }
        guard let valid = Self.sibling(of: CorpusFormat.parse(train).path) else {
            throw UserError(
                .usage,
                "there is no corpus to evaluate on beside \(train); give one with --valid, or make one: "
                    + "`parp corpus split \(train) --valid-minutes 2 --output split`, then `parp new split --model "
                    + "\(options.model)`")
        }
        self.valid = valid
    }

    /// A file or folder beside another, named like a validation set.
    private static func sibling(of train: String) -> String? {
        let url = URL(fileURLWithPath: train)
        let (name, kind) = (url.deletingPathExtension().lastPathComponent, url.pathExtension)
        let folder =
            train.contains("/") ? String(train[..<(train.lastIndex(of: "/") ?? train.endIndex)]) + "/" : ""
        let names = validNames.flatMap { [name.replacingOccurrences(of: "train", with: $0), $0] }
        return names.filter { $0 != name }.map { folder + $0 + (kind.isEmpty ? "" : ".\(kind)") }
            .first(where: FileManager.default.fileExists)
    }
}

/// A recipe to be written.
private struct Fitting {
    let fitted: FittedRecipe
    let hours: Double?
    let nodeBytes: Int

    /// Its head: what it was made for, what it costs, what to know.
    var head: [String] {
        let machine = fitted.facts.machine
        var lines = [
            "Made by `parp new` for \(fitted.facts.corpus.train), \(fitted.facts.model.path) and \(machine.ranks) ranks.",
            (hours.map { "On as many of this machine's cores it takes about \(hoursText($0)), " }
                ?? "How long it takes is not known here; ")
                + "and \(bytesText(nodeBytes)) of memory per node.",
        ]
        lines += fitted.notes.map { "NOTE: " + $0 }
        return lines
    }

    var text: String {
        fitted.toml(
            head: head + [
                "Every other key has its default (docs/recipe.md); the rules are in docs/settings.md."
            ])
    }
}

private func fitSpeech(_ sets: CorpusSets, _ options: NewRecipeOptions) throws -> Fitting {
    let labels = options.labels
    let shape = isMissing(options.model) ? ModelPreset(rawValue: options.model) : nil
    let configuration = try modelConfiguration(options.model)
    let stored = shape == nil ? try StoredModel.open(options.model) : nil
    let tokens = try stored.flatMap { stored in
        try stored.tokens.map { try Vocabulary($0, of: stored.tokenizer, phones: labels == .phones) }
    }
    let facts = FittingFacts(
        task: .ctc,
        corpus: try FittingFacts.Corpus(train: sets.train, valid: sets.valid, labels: labels, tokens: tokens),
        model: try shape.map { FittingFacts.Model(shape: $0, path: "models/wav2vec2-\($0.rawValue)") }
            ?? FittingFacts.Model(options.model, sparsity: options.wishes.sparsity, includesBiases: true),
        machine: FittingFacts.Machine(
            ranks: options.ranks, ranksPerNode: options.ranksPerNode, rows: 1500,
            hiddenSize: configuration.hiddenSize, intermediateSize: configuration.intermediateSize))
    var fitted = FittedRecipe(facts, options.wishes)
    if let shape {
        fitted.addNote(
            "there is no model at \(facts.model.path) yet: put one of shape \(shape.rawValue) there (README, step 1)"
        )
    }
    var last = FittedCost(hours: nil, nodeBytes: 0, evaluationShare: 0)
    try fitted.keepToLimits { recipe in
        let forecast = try RunForecast(
            recipe: recipe, ranks: facts.machine.ranks, ranksPerNode: facts.machine.ranksPerNode,
            assuming: PlanAssumptions(shape: shape))
        let report = PlanReport(
            forecast: forecast, productSpeed: facts.machine.speeds[recipe.precision.products])
        last = FittedCost(
            hours: report.hours, nodeBytes: forecast.memory.peakBytes * facts.machine.ranksPerNode,
            evaluationShare: forecast.evaluationOperations / max(1, forecast.operations),
            sufficientBatchSeconds: forecast.sharing.sufficientBatchSeconds)
        return last
    }
    return Fitting(fitted: fitted, hours: last.hours, nodeBytes: last.nodeBytes)
}

private func fitText(_ sets: CorpusSets, _ options: NewRecipeOptions) throws -> Fitting {
    let examples = try TextCorpus(path: sets.train).examples
    let validation = try TextCorpus(path: sets.valid).examples
    let tokenizer = try Tokenizer(model: options.model)
    let lengths = examples.map { tokenizer.encode($0.text, pair: $0.textPair).ids.count }.sorted()
    guard !lengths.isEmpty else { throw UserError(.data, "\(sets.train) holds no examples") }
    var corpus = FittingFacts.Corpus(
        train: sets.train, valid: sets.valid, items: examples.count, validItems: validation.count)
    corpus.longTokens = lengths[min(lengths.count - 1, lengths.count * 99 / 100)]
    let shape = try StoredModel.open(options.model).textConfiguration().shape
    let facts = FittingFacts(
        task: areNumbers(examples) ? .regress : .classify, corpus: corpus,
        model: try FittingFacts.Model(
            options.model, sparsity: options.wishes.sparsity, includesBiases: false),
        machine: FittingFacts.Machine(
            ranks: options.ranks, ranksPerNode: options.ranksPerNode, rows: 2048,
            hiddenSize: shape.hiddenSize, intermediateSize: shape.intermediateSize))
    var fitted = FittedRecipe(facts, options.wishes)
    var last = FittedCost(hours: nil, nodeBytes: 0, evaluationShare: 0)
    try fitted.keepToLimits { recipe in
        let forecast = try TextForecast(
            recipe, inputs: TextInputs(recipe), ranks: facts.machine.ranks,
            ranksPerNode: facts.machine.ranksPerNode,
            productSpeed: facts.machine.speeds[recipe.precision.products])
        last = FittedCost(
            hours: forecast.hours, nodeBytes: forecast.memory.peakBytes * facts.machine.ranksPerNode,
            evaluationShare: forecast.evaluationOperations / max(1, forecast.operations))
        return last
    }
    return Fitting(fitted: fitted, hours: last.hours, nodeBytes: last.nodeBytes)
}

/// Whether labels are numbers with fractions, and so not class names.
private func areNumbers(_ examples: [TextExample]) -> Bool {
    let labels = examples.compactMap(\.label)
    return !labels.isEmpty && labels.allSatisfy { Double($0) != nil } && labels.contains { $0.contains(".") }
}
