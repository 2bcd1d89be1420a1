internal import Foundation
internal import JSON
package import Models

/// Makes the network that a stored model's configuration states.
private typealias NetworkOpener = @Sendable (StoredModel, PrunableExtras) throws -> any Network

/// How each family's networks are built, by the `model_type` of their configurations.
///
/// A new family is a line here, with its shape and layers in Models.
private let networkOpeners: [String: NetworkOpener] = [
    ModelFamily.wav2vec2.rawValue: { model, _ in try model.openSpeechNetwork() },
    ModelFamily.hubert.rawValue: { model, _ in try model.openSpeechNetwork() },
    TextConfiguration.Family.bert.rawValue: { try $0.openTextNetwork(extras: $1) },
    TextConfiguration.Family.xlnet.rawValue: { try $0.openTextNetwork(extras: $1) },
]

extension StoredModel {
    /// The network that the model states, if it can be built and agrees with the model's tokens.
    ///
    /// - Parameter extras: What is prunable besides the blocks' projections, in text models.
    package func openNetwork(extras: PrunableExtras = []) throws -> any Network {
        // For unknown types, the speech models report best what is wrong.
        let family = config["model_type"]?.string ?? ModelFamily.wav2vec2.rawValue
        return try (networkOpeners[family] ?? { model, _ in try model.openSpeechNetwork() })(self, extras)
    }

    /// The same for a speech model.
    ///
    /// - Parameter freshTokens: The size of another vocabulary, for which the head starts fresh.
    package func openSpeechNetwork(freshTokens: Int? = nil) throws -> Wav2Vec2 {
        Wav2Vec2(try speechConfiguration(freshTokens: freshTokens))
    }

    /// The shape of a speech model, if it can be built and agrees with its tokens.
    package func speechConfiguration(freshTokens: Int? = nil) throws -> Wav2Vec2Configuration {
        var configuration = try networkConfiguration()
        if let freshTokens { configuration.vocabularySize = freshTokens }
        var faults = configuration.faults()
        if freshTokens == nil, let count = tokens?.count, count != configuration.vocabularySize {
            faults.append(
                "vocab_size is \(configuration.vocabularySize), but the vocabulary has \(count) tokens")
        }
        guard faults.isEmpty else {
            throw CheckpointError(configPath, faults.joined(separator: "; "))
        }
        return configuration
    }

    /// The shape as stated, unchecked.
    package func networkConfiguration() throws -> Wav2Vec2Configuration { try decodeConfiguration() }
}

extension StoredModel {
    /// The file that states the configuration.
    package var configPath: String { isDirectory ? path + "/config.json" : path }

    /// Decodes the model's configuration; a fault in it is named by its key.
    package func decodeConfiguration<Stated: Decodable>() throws -> Stated {
        do {
            return try JSONDecoder().decode(Stated.self, from: Data(config.line.utf8))
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context)
        {
            let key = context.codingPath.reduce("") { path, key in
                if let index = key.intValue { return "\(path)[\(index)]" }
                return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
            }
            throw CheckpointError(configPath, "\(key): \(context.debugDescription)")
        }
    }
}
