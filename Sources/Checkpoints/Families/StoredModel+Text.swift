internal import JSON
package import Models

extension StoredModel {
    /// The network of a text model.
    ///
    /// - Parameter extras: What is prunable besides its blocks' projections.
    package func openTextNetwork(extras: PrunableExtras = []) throws -> SequenceClassifier {
        SequenceClassifier(try textConfiguration(), extras: extras)
    }

    /// Whether it is a text model, by its configuration.
    package var isText: Bool { config["model_type"]?.string.flatMap(TextConfiguration.Family.init) != nil }

    /// The shape of a text model, if it can be built.
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
