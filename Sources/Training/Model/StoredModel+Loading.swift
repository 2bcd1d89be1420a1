internal import Checkpoints
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
