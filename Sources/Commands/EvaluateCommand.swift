internal import Checkpoints
internal import Foundation
internal import JSON
internal import Kernels
internal import Models
internal import Program
internal import Pruning
internal import Recipe
internal import Session
internal import Speech
internal import Studies
internal import Tasks
internal import Tensors
internal import Text
internal import Training

/// What `parp evaluate` was asked for.
struct EvaluateOptions: Sendable {
    /// The model directory.
    var model: String
    /// The manifest.
    var data: String
    /// What transcripts are spelled in: `letters` or `phones`.
    var labels: String
    /// Case that transcripts are brought to: `as_is`, `upper` or `lower`.
    var textCase: String
    /// Whether unusable utterances are left out instead of refused.
    var skipsBadUtterances: Bool
    /// Seconds of audio a rank holds at once.
    var rankSeconds: Double
    /// Threads a rank computes with.
    var threads: Int
    /// Whether to print one JSON object instead of a table.
    var json: Bool
    /// Whether zeros of the weights are multiplied like all others.
    var dense = false
    /// Tokens that texts are cut to; 0 cuts nothing. Of models of text.
    var maximumTokens = 0
    /// A safetensors file to write the logits to. Of models of text.
    var emitLogits: String?

    /// What to evaluate, and how to say it.
    init(
        model: String, data: String, labels: String = "letters", textCase: String = "as_is",
        skipsBadUtterances: Bool = false, rankSeconds: Double = 60, threads: Int = 1, json: Bool = false
    ) {
        self.model = model
        self.data = data
        self.labels = labels
        self.textCase = textCase
        self.skipsBadUtterances = skipsBadUtterances
        self.rankSeconds = rankSeconds
        self.threads = threads
        self.json = json
    }
}

/// Recognises a manifest on all ranks and prints word and character error rates.
func runEvaluation(_ options: EvaluateOptions, session: Session) throws {
    setMathThreads(options.threads)
    if try session.together({ try StoredModel(path: options.model).isText }) {
        return try runTextEvaluation(options, session: session)
    }
    guard options.emitLogits == nil else {
        throw UserError(
            .usage,
            "--emit-logits is for models of text; of speech, `parp transcribe --emit-logits` writes them")
    }
    let (labels, textCase) = try session.together {
        guard let labels = Manifest.Labels(rawValue: options.labels) else {
            throw UserError(
                .usage, "--labels is \(options.labels); it must be \(Manifest.Labels.expectation)")
        }
        guard let textCase = TextCase(rawValue: options.textCase) else {
            throw UserError(.usage, "--text-case is \(options.textCase); it must be \(TextCase.expectation)")
        }
        return (labels, textCase)
    }
    let model = try session.together { try SpeechModel.fineTuned(path: options.model) }
    let checked = try DatasetChecker(
        model: model, labels: labels, textCase: textCase,
        policy: options.skipsBadUtterances ? .skip : .refuse, needsAlignment: false,
        remedy: "--skip-bad-utterances"
    ).check(options.data, session: session)
    let store = ParameterStore(layout: model.network.layout, training: false)
    try session.together { try model.loadWeights(into: store.values.all, seed: 0) }
    let sparse = try SparseWeights.forInference(store, isWanted: !options.dense, session: session)
    var arena = Arena()
    let evaluator = Evaluator(
        model: model.network, vocabulary: model.vocabulary, rankSeconds: options.rankSeconds)
    let start = monotonicSeconds()
    let (result, hypotheses) = try evaluator.evaluate(
        checked.dataset, parameters: store.views.multiplying(sparse), session: session, arena: &arena)
    guard session.isRoot else { return }
    let pool = PrunablePool(model.network.layout)
    let zeros = pool.members.reduce(0) { total, member in
        total + store.values[member.slot.range].buffer.reduce(0) { $0 + ($1 == 0 ? 1 : 0) }
    }
    let sparsity = Double(zeros) / Double(max(1, pool.count))
    let seconds = monotonicSeconds() - start
    if options.json {
        printJSON(result, hypotheses, checked, sparsity: sparsity, seconds: seconds)
    } else {
        printTable(result, checked, sparsity: sparsity, seconds: seconds)
    }
}

private func printJSON(
    _ result: EvaluationResult, _ hypotheses: [Hypothesis], _ checked: DatasetCheck, sparsity: Double,
    seconds: Double
) {
    let transcripts = hypotheses.map { hypothesis in
        JSONValue.object([
            .init("id", .string(checked.dataset.utterances[hypothesis.item].id)),
            .init("reference", .string(checked.dataset.references[hypothesis.item])),
            .init("hypothesis", .string(hypothesis.text)),
        ])
    }
    let members =
        result.fields.map { JSONValue.Member($0.0, $0.1) } + [
            .init("sparsity", .number(sparsity)), .init("seconds", .number(seconds)),
            .init("left_out", .array(checked.skipped.map(JSONValue.string))),
            .init("transcripts", .array(transcripts)),
        ]
    print(JSONValue.object(members).line)
}

private func printTable(
    _ result: EvaluationResult, _ checked: DatasetCheck, sparsity: Double, seconds: Double
) {
    func row(_ name: String, _ rate: ErrorRate) -> String {
        String(
            format: "%@  %7.2f %%   S %d  D %d  I %d  of %d", name, 100 * rate.rate, rate.substitutions,
            rate.deletions, rate.insertions, rate.referenceLength)
    }
    print(row("WER", result.words))
    print(row("CER", result.characters))
    for (language, errors) in result.languages.sorted(by: { $0.key < $1.key }) {
        print(row("\(language): WER", errors.words))
        print(row("\(language): CER", errors.characters))
    }
    print(
        String(
            format: "loss %.4f nats an utterance; sparsity %.4f %%; %d utterances, %@ of audio in %@",
            result.meanLoss, 100 * sparsity, result.utterances, Progress.duration(result.audioSeconds),
            Progress.duration(seconds)))
    for fault in checked.skipped { print("left out: \(fault)") }
}
