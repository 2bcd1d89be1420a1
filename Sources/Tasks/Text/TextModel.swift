package import Checkpoints
internal import JSON
package import Models
package import Recipe
package import Tensors
package import Text

/// A stored text model without its weights: the network's shape, its tokenizer, its labels.
package struct TextModel: Sendable {
    /// What the model predicts.
    package enum Objective: Sendable, Equatable {
        /// One of several classes.
        case classes(LabelSet)
        /// A number.
        case value
    }

    /// The network.
    package let network: SequenceClassifier
    /// The tokenizer.
    package let tokenizer: Tokenizer
    /// What the head's rows mean.
    package let objective: Objective
    /// The stored model.
    package let source: StoredModel
    /// Whether the classifier starts fresh, because the file has none, or one with other labels.
    package let needsFreshHead: Bool
    /// The tokenizer's files, which are copied unchanged.
    private let kept: [KeptFile]

    /// The maximum number of tokens per example; nil if the model has no limit.
    package var maximumTokens: Int? { network.configuration.maximumTokens }

    /// Reads a fine-tuned model, with a classifier.
    package static func fineTuned(path: String, extras: PrunableExtras = []) throws -> TextModel {
        let source = try opened(path)
        let configuration = try source.textConfiguration()
        guard try hasClassifier(source) else {
            throw CheckpointError(
                path,
                "has no classifier; it is pre-trained only. Fine-tune it with `parp train`, task = \"classify\""
            )
        }
        if source.config["problem_type"]?.string == "multi_label_classification" {
            throw CheckpointError(path, "predicts several labels at once, which is not supported")
        }
        let objective: Objective
        if configuration.labelCount == 1 {
            objective = .value
        } else {
            let names = try LabelNames(of: source.config, path: source.configPath)?.names
            objective = .classes(try LabelSet(names ?? (0..<configuration.labelCount).map { "LABEL_\($0)" }))
        }
        return try TextModel(
            source, configuration: configuration, objective: objective, needsFreshHead: false, extras: extras)
    }

    /// Reads a model to fine-tune for a task: with its own classifier if that has the training examples'
    /// labels, else with a fresh one.
    package static func toFineTune(
        path: String, task: TaskKind, examples: [TextExample], extras: PrunableExtras
    ) throws -> TextModel {
        let source = try opened(path)
        var configuration = try source.textConfiguration()
        let hasClassifier = try hasClassifier(source)
        guard task == .classify else {
            let isFresh = !hasClassifier || configuration.labelCount != 1
            configuration.labelCount = 1
            return try TextModel(
                source, configuration: configuration, objective: .value, needsFreshHead: isFresh,
                extras: extras)
        }
        let found = LabelSet(of: examples)
        guard found.count > 1 else {
            throw CheckpointError(
                examples.first?.origin ?? path,
                "all examples have \(found.count == 0 ? "no label" : "the label \"\(found.names[0])\""); a classifier "
                    + "needs two classes (for numbers, set task = \"regress\")")
        }
        var labels = found
        var isFresh = !hasClassifier || configuration.labelCount != found.count
        if let names = try LabelNames(of: source.config, path: source.configPath), !names.isUnnamed {
            let own = try LabelSet(names.names)
            if found.names.allSatisfy({ own.index(of: $0) != nil }) {
                // Its own order of labels, even if a class does not occur.
                (labels, isFresh) = (own, !hasClassifier)
            } else {
                isFresh = true
            }
        }
        configuration.labelCount = labels.count
        return try TextModel(
            source, configuration: configuration, objective: .classes(labels), needsFreshHead: isFresh,
            extras: extras)
    }

    private static func opened(_ path: String) throws -> StoredModel {
        let source = try StoredModel(path: path)
        guard source.isDirectory else {
            throw CheckpointError(
                path,
                "is not a text model: it must be a Hugging Face directory of BERT or XLNet, or a pack of one")
        }
        return source
    }

    private static func hasClassifier(_ source: StoredModel) throws -> Bool {
        let weights = try source.openWeights()
        return ["classifier.weight", "logits_proj.weight"].contains { weights.info($0) != nil }
    }

    private init(
        _ source: StoredModel, configuration: TextConfiguration, objective: Objective, needsFreshHead: Bool,
        extras: PrunableExtras
    ) throws {
        tokenizer = try Tokenizer(of: source)
        guard tokenizer.rowCount <= configuration.vocabularySize else {
            throw CheckpointError(
                source.path,
                "has a tokenizer of \(tokenizer.rowCount) tokens, but vocab_size is \(configuration.vocabularySize): "
                    + "tokenizer and weights do not match")
        }
        kept = try KeptFile.tokenizer(of: source)
        network = SequenceClassifier(configuration, extras: extras)
        self.source = source
        self.objective = objective
        self.needsFreshHead = needsFreshHead
    }

    /// Reads the weights into a flat store; optional tensors that the file lacks are initialised at random.
    package func loadWeights(into values: Tensor, seed: UInt64) throws {
        let weights = try source.openWeights()
        // A classifier for other labels has another shape, and must not be read.
        let report = try loadParameters(
            from: weights, into: values, layout: network.layout,
            skipping: needsFreshHead ? Set(network.classifierSlots.map(\.name)) : [])
        try network.requireComplete(report, of: weights)
        for slot in report.missing { network.layout.initialize(slot, in: values, seed: seed) }
    }

    /// This model's small files for writing.
    package func files(card: String?) -> ModelFiles {
        var config = source.config.inFloat32
        switch network.configuration.family {
        case .bert: config["architectures"] = .array([.string("BertForSequenceClassification")])
        case .xlnet: config["architectures"] = .array([.string("XLNetForSequenceClassification")])
        }
        switch objective {
        case .classes(let labels):
            config = config.naming(LabelNames(labels.names))
            config["problem_type"] = .string("single_label_classification")
        case .value:
            config = config.naming(LabelNames(["LABEL_0"]))
            config["problem_type"] = .string("regression")
        }
        return ModelFiles(config: config, kept: kept, card: card)
    }
}
