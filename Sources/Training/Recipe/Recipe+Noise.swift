internal import Models

extension Recipe {
    /// Masking of latent speech.
    ///
    /// Defaults are those of the paper's ten-minute runs.
    struct Augmentation: Sendable, Equatable {
        var timeMaskProbability = 0.75
        var timeMaskLength = 10
        var timeMaskMinimumSpans = 2
        var channelMaskProbability = 0.512
        var channelMaskLength = 64

        /// As the model takes it.
        var settings: Models.Augmentation {
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
    struct Regularization: Sendable, Equatable {
        var layerDrop = 0.05
        var featureDropout = 0.0
        var hiddenDropout = 0.0
        var attentionDropout = 0.0
        var activationDropout = 0.1
        var finalDropout = 0.0

        /// As the model takes it.
        var settings: Models.Regularization {
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
