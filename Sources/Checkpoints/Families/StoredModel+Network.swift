internal import Foundation
internal import JSON
package import Models

extension StoredModel {
    /// The shape that a configuration states.
    package func networkConfiguration() throws -> Wav2Vec2Configuration { try decodeConfiguration() }

    /// The shape that a stored model states, if it can be built and agrees with the model's tokens.
    package func checkedConfiguration() throws -> Wav2Vec2Configuration {
        let configuration = try networkConfiguration()
        var faults = configuration.faults()
        if let count = tokens?.count, count != configuration.vocabularySize {
            faults.append(
                "vocab_size is \(configuration.vocabularySize), but the vocabulary has \(count) tokens")
        }
        guard faults.isEmpty else {
            throw CheckpointError(configPath, faults.joined(separator: "; "))
        }
        return configuration
    }
}

extension StoredModel {
    /// The file that states the configuration.
    package var configPath: String { isDirectory ? path + "/config.json" : path }

    /// What the model's configuration states of one kind; a fault in it is named by its key.
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
