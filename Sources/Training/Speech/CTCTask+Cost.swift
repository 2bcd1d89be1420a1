internal import Models
internal import Speech

extension CTCTask {
    /// Floating-point operations of a micro-batch in an update: forward, and backward of what is trained.
    ///
    /// By the shapes of matrix products and convolutions, as if layer drop skipped nothing, and whatever is
    /// pruned: products are dense. What a frozen feature encoder made once and was kept costs nothing.
    func operations(of batch: SpeechMicroBatch, update: Int) -> Double {
        let trained = trainable(update: update)
        return zip(batch.items, batch.audio).reduce(0) { total, utterance in
            let seconds = data.utterances[utterance.0].durationSeconds
            return total
                + operations(
                    samples: Int((seconds * Double(data.sampleRate)).rounded()), utterance.1, trained)
        }
    }

    private func operations(
        samples: Int, _ audio: LoadedAudio, _ trained: TrainableParameters
    ) -> Double {
        let configuration = model.configuration
        let shape = configuration.operations(samples: samples)
        switch trained {
        case .headOnly:
            let frames = Double(configuration.frameCount(samples: samples))
            let head = 2 * frames * Double(configuration.hiddenSize * configuration.vocabularySize)
            return features(shape, audio) + shape.forward + head
        case .exceptFeatureEncoder: return features(shape, audio) + shape.forward + shape.backward
        case .everything: return 3 * shape.featureEncoder + shape.forward + shape.backward
        }
    }

    private func features(_ shape: FloatingPointOperations, _ audio: LoadedAudio) -> Double {
        if case .features = audio { return 0 }
        return shape.featureEncoder
    }
}
