internal import Checkpoints
package import Models
package import Recipe
internal import Speech
package import Tensors
internal import Text

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

    package static func planned(_ recipe: Recipe) throws -> PlannedSpeech {
        let model = try SpeechModel.toFineTune(recipe)
        func dataset(_ path: String) throws -> SpeechDataset {
            let utterances = try Manifest(path: path, labels: recipe.data.labels).utterances
            // A text that cannot be encoded stops the run, or is left out of it.
            let text = recipe.data.text
            let targets = utterances.map {
                (try? model.vocabulary.encode(text.apply($0.text), unknown: text.unknown)) ?? []
            }
            return try SpeechDataset(
                planned: utterances, targets: targets, path: path, preprocessor: model.source.preprocessor)
        }
        return planned(
            recipe, network: model.network, blank: model.vocabulary.blank,
            train: try dataset(recipe.data.train), valid: try dataset(recipe.data.valid))
    }

    /// The same of a network and of utterances that are known.
    package static func planned(
        _ recipe: Recipe, network: Wav2Vec2, blank: Int, train: SpeechDataset, valid: SpeechDataset
    ) -> PlannedSpeech {
        func task(_ data: SpeechDataset, isHeardAlike: Bool) -> CTCTask {
            var data = data
            if recipe.keepsFeatures && isHeardAlike { data.cache = .planned(of: network) }
            return CTCTask(recipe: recipe, network: network, blank: blank, data: data)
        }
        return PlannedSpeech(
            train: task(train, isHeardAlike: !recipe.augmentation.changesAudio),
            valid: task(valid, isHeardAlike: true), readsWeights: true)
    }
}

extension FeatureCache {
    /// Features that are only counted.
    fileprivate static func planned(of network: Wav2Vec2) -> FeatureCache {
        FeatureCache(root: "", encoder: 0, audioHashes: [], channels: network.featureChannels)
    }
}
