internal import Batching
internal import Checkpoints
internal import Collectives
internal import Foundation
internal import Models
internal import Program
internal import Pruning
package import Recipe
internal import Reports
internal import Session
internal import Tensors
internal import Text
internal import Training

/// Fine-tuning a text model, by a recipe.
struct TextProblem: RunProblem {
    let recipe: Recipe
    let model: TextModel
    let train: TextDataset
    let valid: TextDataset

    var layout: ParameterLayout { model.network.layout }
    var modelPath: String { model.source.path }
    var pruningMethod: PruningMethod {
        recipe.pruning.makeMethod(updates: recipe.schedule.updates) {
            makeTask().schedule.epochEnds(through: $0)
        }
    }

    func loadWeights(into values: Tensor, seed: UInt64) throws {
        try model.loadWeights(into: values, seed: seed)
    }

    mutating func prepare(_ store: borrowing ParameterStore, session: Session) throws {}

    func makeTask() -> TextTask { TextTask(recipe: recipe, model: model, data: train) }

    func evaluate(
        after update: Int, isLast: Bool, parameters: ParameterViews, session: Session, arena: inout Arena
    ) throws -> TextEvaluation {
        try TextEvaluator(model: model.network, rankTokens: recipe.data.rankTokens)
            .evaluate(valid, parameters: parameters, session: session, arena: &arena).result
    }

    func files(update: Int, sparsity: Double, cost: RunCost, evaluation: TextEvaluation?) -> ModelFiles {
        model.files(card: card(update: update, sparsity: sparsity, evaluation: evaluation))
    }

    /// The `README.md` of a model directory: what the model is and how it was made.
    private func card(update: Int, sparsity: Double, evaluation: TextEvaluation?) -> String {
        let family = model.network.configuration.family.rawValue
        var lines = [
            "---", "tags:", "- text-classification", "- \(family)", "- pruning", "- parp",
            "pipeline_tag: text-classification", "---", "",
            sparsity > 0 ? "# A sparse text model" : "# A text model", "",
            "Fine-tuned by `parp` \(parpVersion) with method `\(recipe.pruning.method.rawValue)` from "
                + "`\(recipe.model.path)`, \(update) updates.", "",
            String(format: "%.4f %% of the weights of its pool are exactly zero.", 100 * sparsity),
        ]
        if let evaluation {
            let metrics = evaluation.metrics
            lines += [
                "", "| set | \(metrics.map(\.metric.title).joined(separator: " | ")) | examples |",
                "|---" + String(repeating: "|---", count: metrics.count + 1) + "|",
                "| `\(recipe.data.valid)` | "
                    + metrics.map { String(format: "%.4f", $0.value) }.joined(separator: " | ")
                    + " | \(evaluation.examples) |",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    static let report = ReportOutline(
        charts: [
            .init(
                "Loss per example, training smoothed",
                [.init(.train, "loss", smoothed: true), .init(.eval, "loss", name: "valid")], scale: .ratios
            ),
            .init(
                "On the validation set, %",
                (TaskKind.classify.metrics + TaskKind.regress.metrics).map {
                    .init(.eval, $0.name, name: $0.title, scale: $0.scale)
                }),
            .prunedWeights, .sharedWeights, .learningRate, .gradientNorm,
        ],
        columns: (TaskKind.classify.metrics + TaskKind.regress.choices).map {
            .init($0.title, $0.name, scale: $0.scale)
        } + [.init("sparsity", "sparsity", scale: 100)], workload: WorkUnit.tokens.reported)
}

/// Fine-tunes a text model by a recipe, on all ranks of a session.
func runTextFineTuning(_ options: TrainOptions, task: TaskKind, session: Session) throws {
    try startRun(options, task: task, session: session) { recipe in
        let prepared = try session.together { try TextInputs(recipe) }
        let (train, valid) = (prepared.train.dataset, prepared.valid.dataset)
        try session.requireSame([
            train.sharedInput(recipe.data.train), valid.sharedInput(recipe.data.valid),
        ])
        return PreparedProblem(
            problem: TextProblem(recipe: recipe, model: prepared.model, train: train, valid: valid),
            leftOut: prepared.train.skipped + prepared.valid.skipped,
            announcement: prepared.announcement(recipe, ranks: session.communicator.size),
            content: prepared.content)
    }
}

/// The model and the data of a recipe.
package struct TextInputs {
    package let model: TextModel
    package let train: TextCheck
    package let valid: TextCheck

    /// Reads and checks a recipe's model and data.
    package init(_ recipe: Recipe) throws {
        let examples = try TextCorpus(path: recipe.data.train).examples
        model = try TextModel.toFineTune(
            path: recipe.model.path, task: recipe.task, examples: examples, extras: recipe.prunableExtras)
        let checker = try TextChecker(
            model: model, maximumTokens: recipe.data.maximumTokens, policy: recipe.data.badUtterances)
        train = try checker.check(examples, path: recipe.data.train)
        valid = try checker.check(try TextCorpus(path: recipe.data.valid).examples, path: recipe.data.valid)
    }

    /// Describes the run that is about to start.
    func announcement(_ recipe: Recipe, ranks: Int) -> [String] {
        let layout = model.network.layout
        let pool = PrunablePool(layout, includesBiases: recipe.pruning.includeBiases)
        let head =
            switch model.objective {
            case .classes(let labels):
                "\(labels.count) classes: \(labels.names.prefix(8).joined(separator: ", "))"
            case .value: "one value"
            }
        let weights = String(
            format: "model: %@, %.2f M weights, %.2f M of them prunable, %@%@", recipe.model.path,
            Double(layout.parameterCount) / 1e6, Double(pool.count) / 1e6, head,
            model.needsFreshHead ? ", fresh head" : "")
        return [weights] + train.announcement("train") + valid.announcement("valid") + [
            "ranks: \(ranks) × \(Threads.count) thread(s); method: \(recipe.pruning.method.rawValue)"
                + (recipe.pruning.method == .dense ? "" : ", sparsity \(recipe.pruning.sparsity)")
                + "; \(recipe.schedule.updates) updates of \(recipe.data.batchExamples) examples"
        ]
    }
}
