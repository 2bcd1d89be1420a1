internal import Kernels

/// A batch's contribution to the losses and statistics of pre-training: sums over utterances, so that those
/// of micro-batches and ranks add up to the global batch's.
public struct PretrainingSums: Sendable, Equatable {
    /// Contrastive loss in nats, summed over masked frames.
    public var contrastive = 0.0
    /// Each utterance's diversity loss, times its masked frames.
    public var diversity = 0.0
    /// Each utterance's mean square of the feature encoder's output, times its masked frames.
    public var featurePenalty = 0.0
    /// Predicted masked frames: the divisor of the loss and its gradient.
    public var maskedFrames = 0.0
    /// The number of these that are closer to their own target than to any distractor.
    public var correct = 0.0
    /// Utterances, including those with too few masked frames to contribute.
    public var utterances = 0.0
    /// For each entry, the masked frames with their largest logit (without noise) there; groups × entries.
    public var codeUsage: [Double]
    /// The probability of each entry, without noise and temperature, summed over masked frames; groups × entries.
    public var codeProbabilities: [Double]

    /// Sums over nothing.
    public init(_ objective: PretrainingConfiguration) {
        codeUsage = [Double](repeating: 0, count: objective.codebookGroups * objective.codebookEntries)
        codeProbabilities = codeUsage
    }

    /// The loss whose gradient is accumulated: contrastive + weighted diversity + weighted penalty.
    public func loss(_ objective: PretrainingConfiguration) -> Double {
        contrastive + Double(objective.diversityWeight) * diversity
            + Double(objective.featurePenaltyWeight) * featurePenalty
    }

    /// The codes in use, Σ exp H over groups, by each frame's most probable code; at most groups × entries.
    public func codePerplexity(_ objective: PretrainingConfiguration) -> Double {
        codebookPerplexity(codeUsage, groups: objective.codebookGroups)
    }

    /// The codes in use, Σ exp H over groups, by the mean of probabilities; at most groups × entries.
    public func probabilityPerplexity(_ objective: PretrainingConfiguration) -> Double {
        codebookPerplexity(codeProbabilities, groups: objective.codebookGroups)
    }
}
