package import Models
package import Tensors

extension CTCTask: PlannedSpeechTask {
    package var configuration: Wav2Vec2Configuration { model.configuration }

    package func plannedPass(_ items: [Int], update: Int, precision: GEMMPrecision) -> PlannedPass {
        var pass = PlannedPass(
            items.map {
                PlannedPass.Utterance(
                    samples: sampleCount($0, update: update), labels: data.targets[$0].count)
            }
        )
        pass.hasFeatures = data.cache != nil
        pass.precision = precision
        pass.recomputing = settings.recomputesActivations
        pass.regularization = settings.regularization
        if update < settings.freezeEncoderUpdates {
            pass.trainable = .headOnly
        } else if !settings.freezeFeatureEncoder {
            pass.trainable = .everything
        }
        return pass
    }

    package func arenaBytes(_ pass: PlannedPass) -> Int { model.arenaBytes(pass) }

    package func evaluationArenaBytes(_ pass: PlannedPass) -> Int { model.evaluationArenaBytes(pass) }
}
