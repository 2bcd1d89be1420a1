package import Models
package import Recipe
internal import Speech
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

    package static func planned(_ recipe: Recipe) throws -> PlannedSpeech {
        let model = try PretrainingModel(path: recipe.model.path, settings: recipe.pretraining)
        let used = recipe.data.minimumSeconds...recipe.data.maximumSeconds
        func task(_ path: String) throws -> PretrainingTask {
            let utterances = try Manifest(path: path, labels: nil).utterances.filter {
                $0.durationSeconds >= used.lowerBound
            }.map { utterance in
                var utterance = utterance
                utterance.durationSeconds = min(utterance.durationSeconds, used.upperBound)
                return utterance
            }
            let data = try SpeechDataset(
                planned: utterances, targets: utterances.map { _ in [] }, path: path,
                preprocessor: model.preprocessor)
            return PretrainingProblem(recipe: recipe, model: model, train: data, valid: data).makeTask()
        }
        return PlannedSpeech(
            train: try task(recipe.data.train), valid: try task(recipe.data.valid),
            readsWeights: model.weights != nil)
    }
}
