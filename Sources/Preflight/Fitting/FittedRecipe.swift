internal import Foundation
internal import Pruning
package import Recipe

/// A recipe with a reason for each value, as written by `parp new`.
///
/// The rules are in docs/settings.md, with their basis; keep both in step.
package struct FittedRecipe: Sendable {
    /// A key with its value and the reason for it.
    package struct Choice: Sendable, Equatable {
        package let path: String
        package let value: RecipeValue
        package let reason: String
    }

    /// The recipe's choices, in any order.
    package internal(set) var choices: [Choice] = []
    /// What the user should know besides.
    package internal(set) var notes: [String] = []
    let facts: FittingFacts
    let wishes: FittingWishes

    /// Fits a recipe to facts, ignoring time and memory.
    package init(_ facts: FittingFacts, _ wishes: FittingWishes) {
        (self.facts, self.wishes) = (facts, wishes)
        chooseData()
        TaskKind.text.contains(facts.task) ? fitText() : fitSpeech()
        choosePruning()
        chooseRun()
    }

    /// The recipe made from the choices.
    package func recipe() throws -> Recipe {
        try Recipe(text: toml(head: []), path: "the fitted recipe")
    }

    /// The number of a choice.
    func number(_ path: String) -> Double {
        choices.first { $0.path == path }.flatMap { Double($0.value) } ?? 0
    }

    /// Makes or replaces a choice.
    mutating func choose(_ path: String, _ value: RecipeValue, _ reason: String) {
        choices.removeAll { $0.path == path }
        choices.append(Choice(path: path, value: value, reason: reason))
    }

    /// Adds what the user should know.
    mutating func addNote(_ note: String) { notes.append(note) }

    private mutating func chooseData() {
        let corpus = facts.corpus
        if facts.task != .ctc { choose("task", .string(facts.task.rawValue), "from the corpus's labels") }
        choose("model.path", .string(facts.model.path), "\(millions(facts.model.weights)) M weights")
        let amount =
            corpus.seconds > 0
            ? "\(corpus.items) utterances, \(hoursText(corpus.seconds / 3600))" : "\(corpus.items) examples"
        choose("data.train", .string(corpus.train), amount)
        choose("data.valid", .string(corpus.valid), "\(corpus.validItems) to evaluate on")
        if corpus.isSpelledInPhones { choose("data.labels", .string("phones"), "as requested") }
        for (key, value) in corpus.remedy {
            choose(
                "data.\(key)", .string(value),
                "so that transcripts use only characters known to the model")
        }
    }

    // MARK: Speech

    /// Updates of an epoch.
    private static let updatesPerEpoch = 16.0
    /// The minimum and maximum seconds of an update.
    private static let batchSeconds = 32.0...1600.0
    /// Utterances per rank and update, so that none waits long.
    private static let utterancesPerRank = 4.0
    /// The largest share of the corpus in an update.
    static let mostOfCorpus = 0.25
    /// Weights below which a model is small: it needs a higher learning rate, and less masking and dropout.
    private static let smallWeights = 20_000_000
    /// What updates × peak learning rate must reach before CTC outputs more than blanks.
    private static let leastTravel = 0.08
    private static let leastUpdates = 300.0

    private mutating func fitSpeech() {
        let (corpus, machine) = (facts.corpus, facts.machine)
        let wanted = corpus.seconds / Self.updatesPerEpoch
        let mean = corpus.seconds / Double(max(1, corpus.items))
        let shared = Double(machine.ranks) * Self.utterancesPerRank * mean
        var seconds = min(max(wanted, Self.batchSeconds.lowerBound), Self.batchSeconds.upperBound)
        var reason = "a sixteenth of the corpus, from 32 to 1600"
        if seconds < shared {
            seconds = min(shared, max(seconds, corpus.seconds * Self.mostOfCorpus))
            reason = "four utterances for each of \(machine.ranks) ranks, but at most a quarter of the corpus"
            if seconds < 0.9 * shared {
                let useful = max(1, Int(seconds / (Self.utterancesPerRank * mean)))
                notes.append(
                    "so small a corpus keeps about \(useful) ranks busy; of \(machine.ranks), most would wait"
                )
            }
        }
        seconds = neat(seconds)
        choose("data.batch_seconds", .number(seconds), reason)
        let rate = learningRate(of: 1e-4, for: 95_000_000, between: 5e-5...2e-3)
        choose("optimizer.learning_rate", .number(rate), "1e-4 for base, scaled by the number of weights")
        choose("optimizer.clip_norm", .number(5), "a bad batch moves weights no further than a good one")
        choose(
            "schedule.phases", .array([0.1, 0.3, 0.6].map(RecipeValue.number)), "a short rise, a long fall")
        chooseSpeechUpdates()
        fitNoise(epochs: number("schedule.updates") * seconds / max(1, corpus.seconds))
    }

    /// As many updates as the epochs take, or as CTC needs at least.
    private mutating func chooseSpeechUpdates() {
        let (corpus, seconds) = (facts.corpus, number("data.batch_seconds"))
        let rate = number("optimizer.learning_rate")
        let epochs = min(30, 30 * pow(600 / max(60, corpus.seconds), 0.25))
        let least = max(Self.leastUpdates, Self.leastTravel / rate)
        let byEpochs = epochs * corpus.seconds / seconds
        choose(
            "schedule.updates", .integer(Int(neat(max(least, byEpochs)))),
            byEpochs >= least
                ? String(format: "%.0f epochs, fewer for a larger corpus", epochs)
                : "the fewest in which CTC learns to output text at this rate")
    }

    /// Chooses larger batches, so that ranks wait less for each other.
    mutating func enlargeBatches(to seconds: Double) {
        choose("data.batch_seconds", .number(neat(seconds)), "with less, ranks would wait for the busiest")
        chooseSpeechUpdates()
        choosePruningInterval()
        chooseEvaluations()
    }

    private mutating func fitNoise(epochs: Double) {
        guard facts.model.weights >= Self.smallWeights else {
            let reason = "a small model needs its inputs and blocks"
            choose("augmentation.time_mask_probability", .number(0.2), reason)
            choose("augmentation.time_mask_length", .integer(5), reason)
            choose("augmentation.time_mask_minimum_spans", .integer(0), reason)
            choose("augmentation.channel_mask_probability", .number(0), reason)
            choose("regularization.layer_drop", .number(0), reason)
            choose("regularization.hidden_dropout", .number(0.1), "as for the small model of the demo")
            return
        }
        let isLong = epochs > 100
        choose(
            "augmentation.time_mask_probability", .number(isLong ? 0.65 : 0.4),
            isLong
                ? "the authors', for many epochs"
                : "less than the authors', who use far more epochs")
        choose("augmentation.channel_mask_probability", .number(isLong ? 0.256 : 0.128), "likewise")
        if facts.model.weights > 200_000_000 {
            choose("data.rank_seconds", .number(50), "what a rank holds at once: memory and time only")
        }
    }

    /// A rate that falls with the number of weights.
    private func learningRate(of base: Double, for weights: Double, between limits: ClosedRange<Double>)
        -> Double
    {
        let rate = base * weights / Double(max(1, facts.model.weights))
        return neat(min(max(rate, limits.lowerBound), limits.upperBound))
    }

    // MARK: Text

    private static let textBatch = 32.0
    private static let leastTextUpdates = 90.0

    private mutating func fitText() {
        let corpus = facts.corpus
        choose("data.batch_examples", .integer(Int(Self.textBatch)), "usual for fine-tuning BERT")
        if corpus.longTokens > 0 {
            let tokens = max(16, min(512, (corpus.longTokens + 7) / 8 * 8))
            choose("data.max_tokens", .integer(tokens), "99 % of the examples are no longer")
        }
        let rate = learningRate(of: 5e-5, for: 110_000_000, between: 2e-5...2e-4)
        choose(
            "optimizer.learning_rate", .number(rate), "5e-5 for BERT base, scaled by the number of weights"
        )
        let byEpochs = 3 * Double(corpus.items) / Self.textBatch
        let updates = max(min(Self.leastTextUpdates, 10 * Double(corpus.items) / Self.textBatch), byEpochs)
        choose(
            "schedule.updates", .integer(max(1, Int(updates.rounded(.up)))),
            updates > byEpochs ? "more than three epochs for so small a corpus" : "three epochs")
    }

    // MARK: Pruning, and the run

    private mutating func choosePruning() {
        choose("pruning.method", .string(wishes.method.rawValue), "see docs/pruning.md")
        guard wishes.method != .dense else { return }
        choose("pruning.sparsity", .number(wishes.sparsity), "the share of the blocks' weights that is zero")
        guard [.parp, .progressive].contains(wishes.method) else { return }
        if wishes.method == .progressive {
            choose("pruning.end", .number(0.7), "then what the last rise in sparsity cuts can be repaired")
        }
        choosePruningInterval()
    }

    /// Updates between masks: as many as Adam needs to move a pruned weight back past the threshold, since it
    /// moves a weight by at most the learning rate.
    mutating func choosePruningInterval() {
        guard choices.contains(where: { $0.path == "pruning.sparsity" }),
            [.parp, .progressive].contains(wishes.method)
        else { return }
        let most = Double(Recipe.Pruning.longestInterval(updates: Int(number("schedule.updates"))))
        let rate = number("optimizer.learning_rate")
        guard let threshold = facts.model.threshold, rate > 0 else {
            choose("pruning.interval", .integer(max(1, Int(neat(min(50, most))))), "some twenty masks")
            return
        }
        let wanted = Double(threshold) / rate
        choose(
            "pruning.interval", .integer(max(1, Int(neat(min(max(wanted, 5), most))))),
            wanted <= most
                ? String(
                    format: "in which Adam can move a weight past the threshold of %.3f at this rate",
                    threshold)
                : "a twentieth of the run, though at this rate a weight takes longer to return")
    }

    private mutating func chooseRun() {
        chooseEvaluations()
        let isSmallCorpus =
            facts.task == .ctc && !facts.corpus.isSpelledInPhones && facts.corpus.seconds < 3600
        if isSmallCorpus {
            choose(
                "evaluation.metric", .string("cer"),
                "with so little speech most words stay wrong: letters tell more")
        }
        choose("checkpoint.every_updates", .integer(0), "by the clock instead")
        choose("checkpoint.every_minutes", .number(15), "the most that a crash can cost")
    }

    /// Evaluations: six per run.
    mutating func chooseEvaluations() {
        choose(
            "evaluation.every_updates", .integer(max(1, Int(neat(number("schedule.updates") / 6)))),
            "six evaluations")
    }

    private func millions(_ count: Int) -> String { String(format: "%.1f", Double(count) / 1e6) }
}
