internal import Foundation
internal import Models
internal import Recipe
internal import Session
internal import Tensors

extension Recipe {
    /// Whether the feature encoder's output is cached: if the recipe freezes it.
    var keepsFeatures: Bool { data.cacheFeatures && model.freezeFeatureEncoder }
}

extension CTCProblem {
    /// Fills this node's cache with the features of a dataset if the recipe freezes the feature encoder.
    ///
    /// - Parameter parameters: The weights in the precision in which the features will be used.
    func keepFeatures(
        of data: inout SpeechDataset, name: String, parameters: ParameterViews, session: Session
    ) throws {
        guard recipe.keepsFeatures else { return }
        let root = recipe.data.cacheDirectory
        data.cache = FeatureCache(
            root: root.isEmpty ? FeatureCache.defaultRoot() : root,
            encoder: FeatureCache.encoderHash(model, parameters: parameters),
            audioHashes: data.audioHashes, channels: model.network.featureChannels)
        var arena = Arena()
        try FeatureCacheFiller(network: model.network, parameters: parameters, session: session)
            .fill(data, name: name, arena: &arena)
    }
}
