internal import ArgumentParser
internal import Files
internal import Foundation
internal import JSON
internal import Kernels
internal import Models
internal import Program
internal import Recipe
internal import Session
internal import Tasks
internal import Tensors
internal import Text
internal import Training

/// `parp classify`.
struct Classify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the class of texts, with its probability, or the value that a model predicts.",
        discussion: """
              parp classify --model runs/first/final "A film to remember." "Ninety minutes too long."
              parp classify --model runs/first/final --data reviews.jsonl --json
            """)

    @Option(help: "The model: a directory or a pack of a fine-tuned text model.")
    var model: String

    @Argument(help: "Texts.")
    var texts: [String] = []

    @Option(
        help:
            "A file of texts, one per line; or examples or pairs in JSONL, CSV or TSV, or FORMAT:PATH."
    )
    var data: String?

    @Flag(help: "Print one JSON object per line, with all classes.")
    var json = false

    @Option(help: "A safetensors file for the logits, one tensor (examples, classes).")
    var emitLogits: String?

    @Option(help: "Tokens to truncate a text to; 0 truncates nothing.")
    var maxTokens = 0

    @OptionGroup var inference: InferenceArguments

    func validate() throws {
        guard texts.isEmpty != (data == nil) else {
            throw ValidationError("give texts, or a file with --data, and not both")
        }
    }

    func run() { launch { try classify(session: $0) } }

    private func classify(session: Session) throws {
        setMathThreads(inference.threads.count)
        let (model, checked) = try session.together {
            let model = try TextModel.fineTuned(path: self.model)
            let checker = try TextChecker(
                model: model, maximumTokens: maxTokens, policy: .refuse, needsLabels: false,
                remedy: "Leave empty ones out; --max-tokens truncates long ones.", limitName: "--max-tokens")
            return (model, try checker.check(try examples(), path: data ?? "the command line"))
        }
        let store = ParameterStore(layout: model.network.layout, training: false)
        try session.together { try model.loadWeights(into: store.values.all, seed: 0) }
        let sparse = try SparseWeights.forInference(store, isWanted: !inference.dense, session: session)
        var arena = Arena()
        let (predictions, _) = try TextEvaluator(model: model.network, rankTokens: defaultRankTokens)
            .predict(
                checked.dataset, parameters: store.views.multiplying(sparse), session: session, arena: &arena)
        guard session.isRoot else { return }
        if let emitLogits { try writeLogits(predictions, to: emitLogits) }
        for entry in predictions { print(line(entry, of: checked.dataset.examples[entry.item], model)) }
        if checked.cutTokens > 0 {
            FileHandle.standardError.write(
                Data(
                    "parp: \(checked.cutTokens) tokens were truncated from \(checked.cutExamples) texts\n"
                        .utf8))
        }
    }

    private func examples() throws -> [TextExample] {
        guard let data else {
            return texts.enumerated().map {
                TextExample(id: "\($0.offset + 1)", text: $0.element, origin: "text \($0.offset + 1)")
            }
        }
        if (try? TextFormat.parse(data)) != nil { return try TextCorpus(path: data).examples }
        return try TextCorpus.lines(of: data, arePairs: false)
    }

    private func line(_ entry: TextPrediction, of example: TextExample, _ model: TextModel) -> String {
        if json { return prediction(entry, of: example, model).line }
        switch model.objective {
        case .classes(let labels):
            return String(
                format: "%@\t%.4f\t%@", labels.names[entry.best], entry.probabilities[entry.best],
                example.text)
        case .value: return String(format: "%.4f\t%@", entry.logits[0], example.text)
        }
    }
}
