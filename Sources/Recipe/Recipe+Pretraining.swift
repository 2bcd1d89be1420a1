package import Models
internal import Optimization
internal import Pruning

extension Recipe {
    /// The objective of pre-training.
    ///
    /// Defaults are those of fairseq's wav2vec 2.0 base on LibriSpeech (Baevski et al., 2020).
    package struct Pretraining: Sendable, Equatable {
        package var diversityWeight = 0.1
        package var featurePenaltyWeight = 10.0
        package var featureGradientScale = 0.1
        package var negatives = 100
        package var contrastiveTemperature = 0.1
        package var gumbelTemperature = [2.0, 0.5, 0.999995]
        /// Sizes of the quantiser; 0 uses the model's.
        package var codebookGroups = 0
        package var codebookEntries = 0
        package var codevectorSize = 0
        package var projectionSize = 0
        package var quantizerDropout = 0.1

        /// The objective for a model that states its own.
        package func objective(of model: PretrainingConfiguration) -> PretrainingConfiguration {
            var objective = model
            objective.diversityWeight = Float(diversityWeight)
            objective.featurePenaltyWeight = Float(featurePenaltyWeight)
            objective.featureGradientScale = Float(featureGradientScale)
            objective.negatives = negatives
            objective.contrastiveTemperature = Float(contrastiveTemperature)
            if codebookGroups > 0 { objective.codebookGroups = codebookGroups }
            if codebookEntries > 0 { objective.codebookEntries = codebookEntries }
            if codevectorSize > 0 { objective.codevectorSize = codevectorSize }
            if projectionSize > 0 { objective.projectionSize = projectionSize }
            objective.quantizerDropout = Float(quantizerDropout)
            return objective
        }
    }

    /// Defaults of pre-training that differ from fine-tuning: fairseq's recipe for the base model.
    mutating func setPretrainingDefaults() {
        data.batchSeconds = 5600
        data.rankSeconds = 90
        optimizer.learningRate = 5e-4
        optimizer.epsilon = 1e-6
        optimizer.weightDecay = 0.01
        schedule = Schedule(
            kind: .linear, updates: 400_000, phases: [0.08, 0, 0.92], initialScale: 0, finalScale: 0)
        augmentation.timeMaskProbability = 0.65
        augmentation.channelMaskProbability = 0
        regularization.featureDropout = 0.1
        regularization.hiddenDropout = 0.1
        regularization.attentionDropout = 0.1
        regularization.activationDropout = 0
        checkpoint.everyUpdates = 1000
        evaluation.everyUpdates = 1000
        // No mask is ever due.
        pruning.method = .dense
        evaluation.metric = task.loss
    }
}
