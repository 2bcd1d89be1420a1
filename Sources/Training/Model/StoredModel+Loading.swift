internal import Checkpoints
internal import Foundation
internal import Models
internal import Tensors

/// Loads a stored model's weights into memory of their own, and lets them go: what starting from it costs.
///
/// - Returns: How many weights it has.
public func loadStoredModel(_ path: String) throws -> Int {
    let source = try StoredModel.open(path)
    let network = Wav2Vec2(try SpeechModel.checkedConfiguration(of: source))
    let weights = try source.openWeights()
    let store = ParameterStore(layout: network.layout, training: false)
    let report = try loadParameters(from: weights, into: store.values.all, layout: network.layout)
    try network.requireComplete(report, of: weights)
    return network.layout.parameterCount
}

extension StoredModel {
    /// The file that states the configuration.
    var configPath: String { isDirectory ? path + "/config.json" : path }

    /// What the model's configuration states of one kind; a fault in it is named by its key.
    func decodeConfiguration<Stated: Decodable>() throws -> Stated {
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
