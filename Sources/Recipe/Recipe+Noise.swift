package import Models

extension Recipe {
    /// Masking of latent speech.
    ///
    /// Defaults are those of the paper's ten-minute runs.
    package struct Augmentation: Sendable, Equatable {
        package var timeMaskProbability = 0.75
        package var timeMaskLength = 10
        package var timeMaskMinimumSpans = 2
        package var channelMaskProbability = 0.512
        package var channelMaskLength = 64
        package var speed = [1.0]
        package var noiseSNR: [Double] = []

        /// Whether recordings are augmented, so that their features cannot be cached.
        package var changesAudio: Bool { speed.contains { $0 != 1 } || !noiseSNR.isEmpty }

        /// The model's settings.
        package var settings: Models.Augmentation {
            var settings = Models.Augmentation()
            settings.timeMaskProbability = timeMaskProbability
            settings.timeMaskLength = timeMaskLength
            settings.timeMaskMinimumSpans = timeMaskMinimumSpans
            settings.channelMaskProbability = channelMaskProbability
            settings.channelMaskLength = channelMaskLength
            return settings
        }
    }

    /// Dropout.
    ///
    /// Defaults are those of the paper's runs.
    package struct Regularization: Sendable, Equatable {
        package var layerDrop = 0.05
        package var featureDropout = 0.0
        package var hiddenDropout = 0.0
        package var attentionDropout = 0.0
        package var activationDropout = 0.1
        package var finalDropout = 0.0

        /// The model's settings.
        package var settings: Models.Regularization {
            var settings = Models.Regularization()
            settings.layerDrop = Float(layerDrop)
            settings.featureDropout = Float(featureDropout)
            settings.hiddenDropout = Float(hiddenDropout)
            settings.attentionDropout = Float(attentionDropout)
            settings.activationDropout = Float(activationDropout)
            settings.finalDropout = Float(finalDropout)
            return settings
        }
    }
}
