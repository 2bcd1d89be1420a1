package import Models
package import Tensors

extension PretrainingTask: PlannedSpeechTask {
    package var configuration: Wav2Vec2Configuration { model.configuration }

    /// With the maximum number of masked frames, since the actual number varies between updates.
    package func plannedPass(_ items: [Int], update: Int, precision: GEMMPrecision) -> PlannedPass {
        var pass = PlannedPass(
            items.map { item in
                let samples = data.sampleCount(item)
                return PlannedPass.Utterance(
                    samples: samples,
                    masked: settings.augmentation.mostMaskedFrames(
                        of: configuration.frameCount(samples: samples)))
            })
        pass.precision = precision
        pass.trainable = model.trainable
        pass.recomputing = settings.recomputesActivations
        pass.regularization = settings.regularization
        return pass
    }

    package func arenaBytes(_ pass: PlannedPass) -> Int { model.arenaBytes(pass) }

    package func evaluationArenaBytes(_ pass: PlannedPass) -> Int { model.evaluationArenaBytes(pass) }
}
