internal import Checkpoints
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
internal import Tasks
internal import Tensors
internal import Text
internal import Training

/// Tokens that a rank holds at once without a recipe.
let defaultRankTokens = 8192

/// Measures a text model on labelled examples, on all ranks.
func runTextEvaluation(_ options: Evaluate, session: Session) throws {
    try session.together { try options.refuseSpeechOptions() }
    let (model, checked) = try session.together {
        let model = try TextModel.fineTuned(path: options.model)
        let checker = try TextChecker(
            model: model, maximumTokens: options.maxTokens,
            policy: options.skipBadUtterances ? .skip : .refuse,
            remedy: "Fix them, or leave them out with --skip-bad-utterances.", limitName: "--max-tokens")
        return (model, try checker.check(try TextCorpus(path: options.data).examples, path: options.data))
    }
    try session.requireSame([checked.dataset.sharedInput(options.data)])
    let store = ParameterStore(layout: model.network.layout, training: false)
    try session.together { try model.loadWeights(into: store.values.all, seed: 0) }
    try session.requireSame([SharedInput(options.model, "weights of hash \(contentHash(store.values.all))")])
    let sparse = try SparseWeights.forInference(store, isWanted: !options.inference.dense, session: session)
    var arena = Arena()
    let start = monotonicSeconds()
    let (result, predictions) = try TextEvaluator(model: model.network, rankTokens: defaultRankTokens)
        .evaluate(
            checked.dataset, parameters: store.views.multiplying(sparse), session: session, arena: &arena)
    guard session.isRoot else { return }
    if let path = options.emitLogits { try writeLogits(predictions, to: path) }
    let sparsity = PrunablePool(model.network.layout, includesBiases: false).sparsity(of: store.values.all)
    let seconds = monotonicSeconds() - start
    if options.json {
        let members =
            result.fields.map { JSONValue.Member($0.0, $0.1) } + [
                .init("sparsity", .number(sparsity)), .init("seconds", .number(seconds)),
                .init("cut_examples", .integer(checked.cutExamples)),
                .init("cut_tokens", .integer(checked.cutTokens)),
                .init("left_out", .array(checked.skipped.map(JSONValue.string))),
                .init(
                    "predictions",
                    .array(
                        predictions.map {
                            prediction($0, of: checked.dataset.examples[$0.item], model)
                        })),
            ]
        return print(JSONValue.object(members).line)
    }
    print(
        TextTable(
            facts: result.metrics.map { ($0.0.title, String(format: "%.4f", $0.1)) }, width: 9
        ).text)
    print(
        String(
            format: "sparsity %.4f %%; %d examples, %d tokens in %@", 100 * sparsity, result.examples,
            result.tokens, Progress.duration(seconds)))
    if checked.cutTokens > 0 {
        print("\(checked.cutTokens) tokens were truncated from \(checked.cutExamples) examples")
    }
    for fault in checked.skipped { print("left out: \(fault)") }
}

extension Evaluate {
    /// Refuses options that only speech models have, as they would have no effect.
    fileprivate func refuseSpeechOptions() throws {
        let given =
            decoding.options.given + (tune ? ["--tune"] : []) + (calibrate ? ["--calibrate"] : [])
            + (labels == .letters ? [] : ["--labels"])
            + (errors == nil ? [] : ["--errors"]) + (against == nil ? [] : ["--against"])
        guard !given.isEmpty else { return }
        throw UserError(
            .usage,
            "\(model) is a text model, which decodes nothing: \(given.joined(separator: ", ")) "
                + "\(given.count == 1 ? "is" : "are") for speech models")
    }
}

extension DecodingOptions {
    /// The options that differ from their defaults, as written.
    fileprivate var given: [String] {
        let defaults = DecodingOptions()
        return [
            ("--decoder", decoder != nil), ("--lm", languageModel != nil),
            ("--lm-unit", unit != defaults.unit),
            ("--alpha", alpha != nil), ("--beta", beta != nil), ("--beam", width != defaults.width),
            ("--lexicon", lexicon != nil), ("--unknown-words", unknownWords != nil),
            ("--hotwords", !hotwords.isEmpty), ("--hotword-weight", hotwordWeight != defaults.hotwordWeight),
            ("--nbest", count != defaults.count),
        ].filter(\.1).map(\.0)
    }
}

/// A model's prediction for an example, as one object.
func prediction(_ prediction: TextPrediction, of example: TextExample, _ model: TextModel) -> JSONValue {
    var members: [JSONValue.Member] = [.init("id", .string(example.id))]
    if let label = example.label { members.append(.init("label", .string(label))) }
    switch model.objective {
    case .classes(let labels):
        let probabilities = prediction.probabilities
        members += [
            .init("prediction", .string(labels.names[prediction.best])),
            .init(
                "probabilities",
                .object(zip(labels.names, probabilities).map { .init($0, .number($1)) })),
        ]
    case .value: members.append(.init("prediction", .number(Double(prediction.logits[0]))))
    }
    return .object(members)
}

/// Stores one tensor `logits`, (examples, classes).
func writeLogits(_ predictions: [TextPrediction], to path: String) throws {
    let columns = predictions.first?.logits.count ?? 0
    let buffer = FlatBuffer(count: predictions.count * columns)
    buffer.all.copy(from: predictions.flatMap(\.logits))
    var writer = SafetensorsWriter()
    writer.add("logits", buffer.all, shape: [predictions.count, columns])
    try writer.write(to: path)
}
