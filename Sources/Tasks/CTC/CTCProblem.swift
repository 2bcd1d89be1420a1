internal import Batching
package import Checkpoints
package import Decoding
internal import Foundation
package import JSON
internal import Kernels
internal import Models
package import Pruning
package import Recipe
package import Reports
package import Session
internal import Speech
package import Tensors
internal import Text
package import Training

/// Fine-tuning a model to transcribe, by a recipe.
package struct CTCProblem: RunProblem {
    let recipe: Recipe
    let model: SpeechModel
    private(set) var train: SpeechDataset
    private(set) var valid: SpeechDataset
    /// What evaluations search with, beside the likeliest tokens.
    private let decoder: BeamDecoder?

    package init(
        recipe: Recipe, model: SpeechModel, train: SpeechDataset, valid: SpeechDataset,
        decoder: BeamDecoder? = nil
    ) {
        self.recipe = recipe
        self.model = model
        self.decoder = decoder
        self.train = train
        self.valid = valid
    }

    package var layout: ParameterLayout { model.network.layout }
    package var modelPath: String { model.source.path }
    package var pruningMethod: PruningMethod {
        recipe.pruning.makeMethod(updates: recipe.schedule.updates) {
            recipe.batchSchedule(of: train).epochEnds(through: $0)
        }
    }

    package func loadWeights(into values: Tensor, seed: UInt64) throws {
        try model.loadWeights(into: values, seed: seed)
    }

    /// Caches a frozen feature encoder's output.
    package mutating func prepare(_ store: borrowing ParameterStore, session: Session) throws {
        if !recipe.augmentation.changesAudio {
            try keepFeatures(of: &train, name: "train", parameters: store.views, session: session)
        }
        try keepFeatures(of: &valid, name: "valid", parameters: store.float32Views, session: session)
    }

    package func makeTask() -> CTCTask { CTCTask(recipe: recipe, model: model, data: train) }

    package func evaluate(
        after update: Int, isLast: Bool, parameters: ParameterViews, session: Session, arena: inout Arena
    ) throws -> EvaluationResult {
        let evaluator = Evaluator(
            model: model.network, vocabulary: model.vocabulary, rankSeconds: recipe.data.rankSeconds)
        let searches = recipe.searches(afterUpdates: update, isLast: isLast)
        var (result, hypotheses) = try evaluator.evaluate(
            valid, searchedBy: searches ? decoder : nil, parameters: parameters, session: session,
            arena: &arena)
        if session.isRoot { result.worst = valid.worst(hypotheses) }
        return result
    }

    package func files(
        update: Int, sparsity: Double, cost: RunCost, evaluation: EvaluationResult?
    ) -> ModelFiles {
        let languages = Set(train.utterances.compactMap(\.language)).sorted()
        let card = ModelCard(
            recipe: recipe, family: model.network.configuration.family, languages: languages,
            training: (train.totalSeconds, train.utterances.count), update: update, sparsity: sparsity,
            cost: cost, result: evaluation)
        return model.files(card: card.text)
    }

    package static let report = ReportOutline(
        charts: [
            .init(
                "Loss, nats per character, training smoothed",
                [
                    .init(.train, "loss_per_token", name: "train", smoothed: true),
                    .init(.eval, "loss_per_character", name: "valid"),
                ], scale: .ratios),
            // Logs of earlier versions lack the number of characters.
            .init(
                "Loss, nats per utterance, training smoothed",
                [.init(.train, "loss", smoothed: true), .init(.eval, "loss", name: "valid")],
                scale: .ratios,
                isSubstitute: true),
            .init(
                "Error rate on the validation set, %",
                TaskKind.ctc.metrics.map { .init(.eval, $0.name, name: $0.title, scale: $0.scale) }
                    + searchedMetrics.map { .init(.eval, $0.field, name: $0.title, scale: 100) }),
            .prunedWeights, .sharedWeights, .learningRate, .gradientNorm,
        ],
        columns: TaskKind.ctc.choices.map { .init($0.title, $0.name, scale: $0.scale) }
            + searchedMetrics.map { .init($0.title, $0.field, scale: 100, isOptional: true) }
            + [.init("sparsity", "sparsity", scale: 100)], workload: TaskKind.ctc.workUnit.reported)

    private static let searchedMetrics = [
        (title: "WER by search", field: "beam_wer"), (title: "CER by search", field: "beam_cer"),
    ]
}

extension EvaluationResult: RunEvaluation {
    package func fields(sparsity: Double) -> [(String, JSONValue)] {
        fields + [("sparsity", .number(sparsity))]
    }

    package func summary(sparsity: Double) -> String {
        String(
            format: "WER %.2f %%  CER %.2f %%%@  loss %@%@  sparsity %.2f %%", 100 * words.rate,
            100 * characters.rate, searchedText, lossText(digits: 3), infiniteText, 100 * sparsity)
    }

    private var searchedText: String {
        searched.map {
            String(
                format: "  by search WER %.2f %%  CER %.2f %%", 100 * $0.words.rate, 100 * $0.characters.rate)
        } ?? ""
    }
}
