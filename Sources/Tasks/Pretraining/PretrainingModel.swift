package import Checkpoints
internal import Foundation
internal import JSON
package import Models
internal import Program
package import Recipe
package import Tensors

/// A model to pre-train, without its weights: its shape, its audio preprocessing, and where its weights are,
/// if any.
package struct PretrainingModel: Sendable {
    package let network: Wav2Vec2Pretraining
    /// How audio is prepared.
    package let preprocessor: PreprocessorConfig
    let config: JSONValue
    /// The directory with the weights to continue from; nil starts from random ones.
    package let weights: String?

    /// Reads a model directory, which may hold no weights, or takes a preset by its name.
    ///
    /// - Parameter settings: The objective; if it leaves the codebooks' sizes open, the model states them.
    package init(path: String, settings: Recipe.Pretraining) throws {
        if let preset = ModelPreset(rawValue: path), !FileManager.default.fileExists(atPath: path) {
            let configuration = preset.configuration
            var preprocessor = PreprocessorConfig()
            preprocessor.returnsAttentionMask = configuration.featureNormalization == .layer
            try self.init(
                configuration, objective: settings.objective(of: preset.objective),
                preprocessor: preprocessor, config: configuration.json(preset.objective), weights: nil)
            return
        }
        let source = try StoredModel(path: path)
        let configuration = try source.networkConfiguration()
        let stated: PretrainingConfiguration = try source.decodeConfiguration()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let hasWeights =
            source.form != .directory
            || names.contains { name in
                [".safetensors", ".bin", ".index.json"].contains { name.hasSuffix($0) }
            }
        try self.init(
            configuration, objective: settings.objective(of: stated), preprocessor: source.preprocessor,
            config: source.config, weights: hasWeights ? path : nil)
    }

    private init(
        _ configuration: Wav2Vec2Configuration, objective: PretrainingConfiguration,
        preprocessor: PreprocessorConfig, config: JSONValue, weights: String?
    ) throws {
        let faults = configuration.faults() + objective.faults()
        guard faults.isEmpty else {
            throw CheckpointError("the model to pre-train", faults.joined(separator: "; "))
        }
        network = Wav2Vec2Pretraining(configuration, objective: objective)
        self.preprocessor = preprocessor
        self.config = config
        self.weights = weights
    }

    /// Initialises all weights at random, and reads those that exist.
    ///
    /// A quantiser and projections may be missing, as in a fine-tuned model, and a head is ignored.
    package func loadWeights(into values: Tensor, seed: UInt64) throws {
        network.layout.initialize(values, seed: seed)
        guard let weights else { return }
        let source = try StoredModel(path: weights).openWeights()
        try checkCodebooks(of: source)
        let report = try loadParameters(from: source, into: values, layout: network.layout)
        let encoder = network.configuration.family.rawValue + "."
        let missing = report.missing.filter {
            $0.name.hasPrefix(encoder) && !$0.name.hasSuffix("masked_spec_embed")
        }
        let foreign = report.foreignHead(beside: encoder, of: source)
        let unexpected = report.unexpected.filter { !$0.hasPrefix("lm_head.") && !foreign.contains($0) }
        guard missing.isEmpty && unexpected.isEmpty else {
            let names = (missing.map(\.name) + unexpected).prefix(5).joined(separator: ", ")
            throw CheckpointError(
                source.path,
                "lacks \(missing.count) of the configuration's parameters and has \(unexpected.count) others "
                    + "(\(names)…): config.json and the weights do not match")
        }
        warn(ofForeignHead: foreign, of: source)
    }

    /// Refuses a quantiser that differs from the existing one.
    private func checkCodebooks(of source: any TensorSource) throws {
        for (name, key) in [
            ("quantizer.codevectors", "codebook_groups, codebook_entries and codevector_size"),
            ("project_q.weight", "projection_size"),
        ] {
            guard let found = source.info(name)?.shape, let slot = network.layout[name] else { continue }
            guard found.count == slot.shape.count else {
                throw UserError(
                    .usage,
                    "\(source.path) has a \(name) of \(found), but the recipe asks for \(slot.shape); "
                        + "leave pretraining.\(key) at 0 to continue from it")
            }
        }
    }

    /// This model's small files for writing.
    package func files(recipe: Recipe, card: String) -> ModelFiles {
        var config = config
        config["architectures"] = .array([.string("Wav2Vec2ForPreTraining")])
        let objective = network.objective
        config["num_codevector_groups"] = .integer(objective.codebookGroups)
        config["num_codevectors_per_group"] = .integer(objective.codebookEntries)
        config["codevector_dim"] = .integer(objective.codevectorSize)
        config["proj_codevector_dim"] = .integer(objective.projectionSize)
        config["num_negatives"] = .integer(objective.negatives)
        config["contrastive_logits_temperature"] = .number(recipe.pretraining.contrastiveTemperature)
        config["diversity_loss_weight"] = .number(recipe.pretraining.diversityWeight)
        config["feat_quantizer_dropout"] = .number(recipe.pretraining.quantizerDropout)
        // Otherwise transformers does not even mask the given frames.
        config["apply_spec_augment"] = .boolean(true)
        config["mask_time_prob"] = .number(max(recipe.augmentation.timeMaskProbability, 0.05))
        config["mask_time_length"] = .integer(recipe.augmentation.timeMaskLength)
        // Weights are written in float32, whatever they were read from; transformers casts to the type stated
        // here.
        for key in ["dtype", "torch_dtype"] where config[key] != nil { config[key] = .string("float32") }
        return ModelFiles(config: config, tokens: nil, preprocessor: preprocessor, card: card)
    }
}
