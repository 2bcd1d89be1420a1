internal import Models
internal import Speech

extension CTCTask {
    /// Floating-point operations of a micro-batch in an update: forward, and backward of what is trained.
    ///
    /// By the shapes of dense matrix products and convolutions, ignoring layer drop and pruning. What is
    /// recomputed to save memory counts once.
    package func operations(of batch: SpeechMicroBatch, update: Int) -> Double {
        zip(batch.items, batch.audio).reduce(0) { total, utterance in
            let samples = sampleCount(utterance.0, update: update)
            var hasFeatures = false
            if case .features = utterance.1 { hasFeatures = true }
            return total
                + model.configuration.operations(samples: samples)
                .inPass(training: trainable(update: update), hasFeatures: hasFeatures)
        }
    }
}
