package import Checkpoints
package import JSON
package import Models
package import Tensors

/// A stored model with its weights in memory, with or without a head, ready to be written again.
package struct LoadedModel: ~Copyable {
    package let source: StoredModel
    package let network: any Network
    package let store: ParameterStore
    private let weights: any TensorSource
    private let match: ParameterMatch
    /// Tensors of a head for another task, which are not written.
    private let foreign: Set<String>

    package var layout: ParameterLayout { network.layout }

    /// Reads a model; a missing mask embedding is drawn from a seed.
    ///
    /// - Parameter extras: What is prunable besides the blocks' projections, in text models.
    package init(_ source: StoredModel, extras: PrunableExtras = [], seed: UInt64 = 0) throws {
        let weights = try source.openWeights()
        let network = try source.openNetwork(extras: extras)
        let store = ParameterStore(layout: network.layout, training: false)
        let match = try matchParameters(of: weights, with: network.layout)
        let foreign = try network.requireComplete(match.report, of: weights)
        let report = try loadParameters(from: weights, into: store.values.all, layout: network.layout)
        let optional = Set(network.optionalSlots.map(\.name))
        for slot in report.missing where optional.contains(slot.name) {
            network.layout.initialize(slot, in: store.values.all, seed: seed)
        }
        self.source = source
        self.weights = weights
        self.network = network
        self.match = match
        self.foreign = Set(foreign)
        self.store = store
    }

    /// All floating-point tensors of the model's own file, with the current weights.
    package var writer: SafetensorsWriter {
        var writer = SafetensorsWriter()
        let missing = Set(match.report.missing.map(\.name)).subtracting(network.optionalSlots.map(\.name))
        for slot in layout.slots where !missing.contains(slot.name) { writer.add(slot, of: store.values.all) }
        let parameters = match.parameterNames
        for name in weights.names where parameters[name] == nil && !foreign.contains(name) {
            guard let info = weights.info(name), info.dataType.isFloatingPoint else { continue }
            writer.add(name, from: weights, named: info)
        }
        return writer
    }

    /// The small files besides the weights.
    package func files() throws -> ModelFiles {
        if source.isText { return try source.files() }
        let hasHead = weights.info("lm_head.weight") != nil
        guard !hasHead || source.tokens != nil || source.isDirectory else { throw source.withoutTokens }
        return ModelFiles(
            config: source.config(
                hasHead: hasHead, hasQuantizer: weights.info("quantizer.codevectors") != nil,
                precision: .float32),
            tokens: source.tokens, preprocessor: source.preprocessor, tokenizer: source.tokenizer)
    }
}

extension StoredModel {
    /// The `config.json` to write: the directory's own, or one that states transformers' class of the model.
    package func config(
        hasHead: Bool, hasQuantizer: Bool, precision: StoredPrecision
    ) -> JSONValue {
        var config = config
        for key in ["dtype", "torch_dtype"] where config[key] != nil || !isDirectory && key == "torch_dtype" {
            config[key] = .string(precision.rawValue)
        }
        let family = config["model_type"]?.string.flatMap(ModelFamily.init) ?? .wav2vec2
        guard !isDirectory || !hasHead else { return config }
        let name = hasHead ? family.recognizerClass : family.pretrainedClass(hasQuantizer: hasQuantizer)
        config["architectures"] = .array([.string(name)])
        return config
    }
}
