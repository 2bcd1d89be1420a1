package import Models
internal import Optimization

extension Recipe {
    /// What may be added to the pool of a text model besides the blocks' projections.
    package var prunableExtras: PrunableExtras {
        var extras: PrunableExtras = []
        if pruning.includePooler { extras.insert(.pooler) }
        if pruning.includeEmbeddings { extras.insert(.embeddings) }
        if pruning.includeRelativePositions { extras.insert(.relativePositions) }
        return extras
    }

    /// Defaults of text fine-tuning that differ from speech: those usual for BERT (Devlin et al., 2019,
    /// appendix A.3).
    mutating func setTextDefaults() {
        optimizer.learningRate = 5e-5
        optimizer.betas = [0.9, 0.999]
        optimizer.weightDecay = 0.01
        optimizer.clipNorm = 1
        schedule = Schedule(
            kind: .linear, updates: 1000, phases: [0.1, 0, 0.9], initialScale: 0, finalScale: 0)
        regularization.layerDrop = 0
        regularization.hiddenDropout = 0.1
        regularization.attentionDropout = 0.1
        regularization.activationDropout = 0
        regularization.finalDropout = 0.1
        pruning.includeBiases = false
        evaluation.everyUpdates = 100
        evaluation.metric = task.choices[0]
    }
}
