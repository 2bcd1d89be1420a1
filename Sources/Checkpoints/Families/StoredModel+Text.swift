internal import JSON
package import Models
package import Tensors

extension StoredModel {
    /// Whether it is a model of text, by its configuration.
    package var isText: Bool { config["model_type"]?.string.flatMap(TextConfiguration.Family.init) != nil }

    /// The shape that a model of text states, if it can be built.
    package func textConfiguration() throws -> TextConfiguration {
        let configuration: TextConfiguration = try decodeConfiguration()
        let faults = configuration.faults()
        guard faults.isEmpty else { throw CheckpointError(configPath, faults.joined(separator: "; ")) }
        return configuration
    }

    /// Names and places of the parameters of the network it states, whichever that is.
    package func layout(extras: PrunableExtras = []) throws -> ParameterLayout {
        isText
            ? SequenceClassifier(try textConfiguration(), extras: extras).layout
            : Wav2Vec2(try checkedConfiguration()).layout
    }

    /// Refuses weights that lack what only they could give, or have what the network has no place for.
    package func requireComplete(_ report: LoadReport, of weights: any TensorSource) throws {
        isText
            ? try SequenceClassifier(textConfiguration()).requireComplete(report, of: weights)
            : try Wav2Vec2(checkedConfiguration()).requireComplete(report, of: weights)
    }

    /// The small files of the same model with other weights, which are float32.
    package func files(card: String? = nil) throws -> ModelFiles {
        isText
            ? ModelFiles(config: config.inFloat32, kept: try KeptFile.tokenizer(in: path), card: card)
            : ModelFiles(
                config: config.inFloat32, tokens: tokens, preprocessor: preprocessor, tokenizer: tokenizer,
                card: card)
    }
}

extension SequenceClassifier {
    /// Refuses weights that lack what only they could give, or have what this network has no place for.
    package func requireComplete(_ report: LoadReport, of weights: any TensorSource) throws {
        let head = Set(headSlots.map(\.name))
        let mayBeMissing = head.union(unreadSlots.map(\.name))
        let missing = report.missing.map(\.name).filter { !mayBeMissing.contains($0) }
        guard missing.isEmpty else {
            throw CheckpointError(
                weights.path,
                "lacks \(missing.count) of the configuration's parameters "
                    + "(\(missing.prefix(5).joined(separator: ", "))…): configuration and weights do not belong together"
            )
        }
        let unexpected = report.unexpected.filter { !head.contains($0) }
        guard unexpected.isEmpty else {
            throw CheckpointError(
                weights.path,
                "has \(unexpected.count) tensors that the configuration knows nothing of "
                    + "(\(unexpected.prefix(5).joined(separator: ", "))…)")
        }
    }
}
