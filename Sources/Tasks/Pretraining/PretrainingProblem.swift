package import Checkpoints
internal import Kernels
internal import Models
internal import Program
package import Pruning
package import Recipe
package import Reports
package import Session
package import Tensors
package import Training

/// Pre-training a model on speech alone, by a recipe.
package struct PretrainingProblem: RunProblem {
    package let recipe: Recipe
    package let model: PretrainingModel
    package let train: SpeechDataset
    package let valid: SpeechDataset

    package var layout: ParameterLayout { model.network.layout }
    package var modelPath: String { recipe.model.path }
    package var pruningMethod: PruningMethod { .dense }

    /// The pre-training of a model on checked data.
    package init(recipe: Recipe, model: PretrainingModel, train: SpeechDataset, valid: SpeechDataset) {
        self.recipe = recipe
        self.model = model
        self.train = train
        self.valid = valid
    }

    package func loadWeights(into values: Tensor, seed: UInt64) throws {
        try model.loadWeights(into: values, seed: seed)
    }

    /// Nothing is cached across updates: the feature encoder is trained too.
    package func prepare(_ store: borrowing ParameterStore, session: Session) {}

    package func makeTask() -> PretrainingTask {
        let temperature = recipe.pretraining.gumbelTemperature
        return PretrainingTask(
            model: model.network, data: train, schedule: recipe.batchSchedule(of: train),
            settings: PretrainingTask.Settings(
                seed: UInt64(recipe.seed), regularization: recipe.regularization.settings,
                augmentation: recipe.augmentation.settings,
                gumbelTemperature: GumbelTemperature(
                    first: temperature[0], last: temperature[1], decay: temperature[2]),
                sharing: recipe.batchSharing,
                recomputesActivations: recipe.model.recomputeActivations))
    }

    package func evaluate(
        after update: Int, isLast: Bool, parameters: ParameterViews, session: Session, arena: inout Arena
    ) throws -> PretrainingTotals {
        try PretrainingEvaluator(
            model: model.network, augmentation: recipe.augmentation.settings, seed: UInt64(recipe.seed),
            rankSeconds: recipe.data.rankSeconds
        ).evaluate(valid, parameters: parameters, session: session, arena: &arena)
    }

    package func files(
        update: Int, sparsity: Double, cost: RunCost, evaluation: PretrainingTotals?
    ) -> ModelFiles {
        model.files(recipe: recipe, card: card(update: update, evaluation: evaluation))
    }

    private func card(update: Int, evaluation: PretrainingTotals?) -> String {
        var lines = [
            "---", "tags:", "- wav2vec2", "- pretraining", "- parp", "---", "",
            "# A pre-trained speech model",
            "",
            "Pre-trained by `parp` \(parpVersion) from `\(recipe.model.path)` on speech without transcripts, "
                + "\(update) updates. It has no head: fine-tune it with `parp train`.",
        ]
        if let evaluation { lines += ["", "On `\(recipe.data.valid)`: \(evaluation.summary(sparsity: 0))."] }
        return lines.joined(separator: "\n") + "\n"
    }

    package static let report = ReportOutline(
        charts: [
            .init(
                "Loss, nats per masked frame", [.init(.train, "loss"), .init(.eval, "loss", name: "valid")]),
            .init(
                "Contrastive loss, bits per masked frame",
                [.init(.train, "contrastive_bits"), .init(.eval, "contrastive_bits", name: "valid")]),
            .init(
                "Masked frames told from all negatives, %",
                [
                    .init(.train, "accuracy", scale: 100),
                    .init(.eval, "accuracy", name: "valid", scale: 100),
                ]),
            .init(
                "Perplexity of the codebooks, summed",
                [
                    .init(.train, "code_perplexity", name: "entries chosen"),
                    .init(.train, "probability_perplexity", name: "probabilities"),
                ]),
            .init(
                "Diversity loss", [.init(.train, "diversity"), .init(.eval, "diversity", name: "valid")]),
            .init(
                "Mean square of the features",
                [.init(.train, "feature_penalty"), .init(.eval, "feature_penalty", name: "valid")]),
            .init("Gumbel temperature", [.init(.train, "gumbel_temperature")]),
            .learningRate, .gradientNorm,
            .init("Seconds of audio per second", [.init(.train, "audio_seconds_per_second")]),
        ],
        columns: [
            .init("loss", "loss"), .init("bits", "contrastive_bits"),
            .init("accuracy", "accuracy", scale: 100),
            .init("perplexity", "code_perplexity"),
        ], workload: TaskKind.pretrain.workUnit.reported)
}
