internal import Checkpoints
internal import Decoding
internal import Foundation
internal import JSON
internal import Kernels
internal import Models
internal import Program
internal import Pruning
internal import Recipe
internal import Reports
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
    /// What is done to transcripts.
    var text: TextPreparation
    /// Whether unusable utterances are left out instead of refused.
    var skipsBadUtterances: Bool
    /// Seconds of audio a rank holds at once.
    var rankSeconds: Double
    /// Threads a rank computes with.
    var threads: Int
    /// Whether to print one JSON object instead of a table.
    var json: Bool
    /// Of models of text: the tokens that a text is cut to; 0 cuts nothing.
    var maximumTokens = 0
    /// Of models of text: a safetensors file to write the logits to.
    var emitLogits: String?
    /// Whether zeros of the weights are multiplied like all others.
    var dense = false
    /// How logits become text.
    var decoding: DecodingOptions
    /// Whether the weights of the language model are searched, instead of used.
    var tunes: Bool

    /// What to evaluate, and how to say it.
    init(
        model: String, data: String, labels: String = "letters", text: TextPreparation = TextPreparation(),
        skipsBadUtterances: Bool = false, rankSeconds: Double = 60, threads: Int = 1, json: Bool = false,
        decoding: DecodingOptions = DecodingOptions(), tunes: Bool = false
    ) {
        self.model = model
        self.data = data
        self.labels = labels
        self.text = text
        self.skipsBadUtterances = skipsBadUtterances
        self.rankSeconds = rankSeconds
        self.threads = threads
        self.json = json
        self.decoding = decoding
        self.tunes = tunes
    }
}

/// Recognises a manifest on all ranks and prints word and character error rates.
///
/// - Throws: On all ranks alike, for exit code 85, if one of them was asked to stop.
func runEvaluation(_ options: EvaluateOptions, session: Session) throws {
    do {
        try evaluate(options, session: session)
    } catch is EvaluationInterrupted {
        throw CollectiveFailure.interruptedEvaluation
    } catch let failure as CollectiveFailure where failure.exitCode == ExitCode.interrupted.rawValue {
        throw CollectiveFailure.interruptedEvaluation
    }
}

extension CollectiveFailure {
    fileprivate static var interruptedEvaluation: CollectiveFailure {
        CollectiveFailure(.interrupted, "interrupted: nothing was measured; run again to begin anew")
    }
}

private func evaluate(_ options: EvaluateOptions, session: Session) throws {
    setMathThreads(options.threads)
    try session.requireSameProgram()
    try session.requireSame(SharedInput.model(options.model))
    if try session.together({ try StoredModel(path: options.model).isText }) {
        return try runTextEvaluation(options, session: session)
    }
    guard options.emitLogits == nil else {
        throw UserError(
            .usage,
            "--emit-logits is for models of text; of speech, `parp transcribe --emit-logits` writes them")
    }
    let (labels, preparation) = try session.together {
        guard let labels = Manifest.Labels(rawValue: options.labels) else {
            throw UserError(
                .usage, "--labels is \(options.labels); it must be \(Manifest.Labels.expectation)")
        }
        return (labels, options.text)
    }
    let model = try session.together {
        try SpeechModel.fineTuned(path: options.model, phones: labels == .phones)
    }
    let store = ParameterStore(layout: model.network.layout, training: false)
    try session.together { try model.loadWeights(into: store.values.all, seed: 0) }
    let checked = try DatasetChecker(
        model: model, labels: labels, preparation: preparation,
        policy: options.skipsBadUtterances ? .skip : .refuse, needsAlignment: false,
        remedy: "--skip-bad-utterances"
    ).check(options.data, session: session)
    try session.requireSame([SharedInput(options.model, "weights of hash \(contentHash(store.values.all))")])
    let sparse = try SparseWeights.forInference(store, isWanted: !options.dense, session: session)
    var arena = Arena()
    let decoder = try session.together { try options.decoding.decoder(for: model) }
    if options.tunes {
        return try runTuning(
            options, model, checked.dataset, decoder, parameters: store.views, arena: &arena, session: session
        )
    }
    var evaluator = Evaluator(
        model: model.network, vocabulary: model.vocabulary, rankSeconds: options.rankSeconds)
    evaluator.recognizer = decoder.map { decoder in
        { _, logits in decoder.transcriptions(of: logits, count: options.decoding.count) }
    }
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
        var members: [JSONValue.Member] = [
            .init("id", .string(checked.dataset.utterances[hypothesis.item].id)),
            .init("reference", .string(checked.dataset.references[hypothesis.item])),
            .init("hypothesis", .string(hypothesis.text)),
        ]
        if !hypothesis.alternatives.isEmpty { members.append(alternatives(hypothesis.alternatives)) }
        return JSONValue.object(members)
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
    func row(_ name: String, _ rate: ErrorRate) -> [String] {
        [
            name, String(format: "%.2f %%", 100 * rate.rate), "S \(rate.substitutions)",
            "D \(rate.deletions)", "I \(rate.insertions)", "of \(rate.referenceLength)",
        ]
    }
    let languages = result.languages.sorted { $0.key < $1.key }.flatMap { language, errors in
        [row("\(language): WER", errors.words), row("\(language): CER", errors.characters)]
    }
    print(
        TextTable(
            [.left("")] + (1...5).map { _ in .right("") },
            rows: [row("WER", result.words), row("CER", result.characters)] + languages
        ).text)
    print(
        String(
            format: "loss %@ nats an utterance%@; sparsity %.4f %%; %d utterances, %@ of audio in %@",
            result.lossText(digits: 4), result.infiniteText, 100 * sparsity, result.utterances,
            Progress.duration(result.audioSeconds),
            Progress.duration(seconds)))
    for fault in checked.skipped { print("left out: \(fault)") }
}
