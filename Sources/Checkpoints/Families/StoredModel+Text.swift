internal import JSON
package import Models

extension StoredModel {
    /// The network of a model of text.
    ///
    /// - Parameter extras: What is prunable beside the projections of its blocks.
    package func openTextNetwork(extras: PrunableExtras = []) throws -> SequenceClassifier {
        SequenceClassifier(try textConfiguration(), extras: extras)
    }

    /// Whether it is a model of text, by its configuration.
    package var isText: Bool { config["model_type"]?.string.flatMap(TextConfiguration.Family.init) != nil }

    /// The shape that a model of text states, if it can be built.
    package func textConfiguration() throws -> TextConfiguration {
        let configuration: TextConfiguration = try decodeConfiguration()
        let faults = configuration.faults()
        guard faults.isEmpty else { throw CheckpointError(configPath, faults.joined(separator: "; ")) }
        return configuration
    }

    /// The small files of the same model with other weights, which are float32.
    package func files(card: String? = nil) throws -> ModelFiles {
        isText
            ? ModelFiles(config: config.inFloat32, kept: try KeptFile.tokenizer(of: self), card: card)
            : ModelFiles(
                config: config.inFloat32, tokens: tokens, preprocessor: preprocessor, tokenizer: tokenizer,
                card: card)
    }
}
