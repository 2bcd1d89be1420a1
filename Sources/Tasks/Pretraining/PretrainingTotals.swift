internal import Foundation
package import JSON
internal import Kernels
internal import Models
package import Recipe
internal import Training

/// The sums of pre-training batches; the items are the masked frames.
package struct PretrainingTotals: BatchSums, Equatable {
    private var sums: PretrainingSums
    package private(set) var audioSeconds = 0.0
    package var workload: Double { audioSeconds }
    /// Micro-batches whose loss is NaN.
    package var notFinite = 0.0
    private let objective: PretrainingConfiguration

    /// Nothing.
    init(_ objective: PretrainingConfiguration) {
        sums = PretrainingSums(objective)
        self.objective = objective
    }

    /// The sums of one micro-batch.
    init(_ sums: PretrainingSums, audioSeconds: Double, objective: PretrainingConfiguration) {
        self.sums = sums
        self.audioSeconds = audioSeconds
        self.objective = objective
        notFinite = sums.loss(objective).isFinite ? 0 : 1
    }

    /// All terms with their weights, in nats.
    package var loss: Double { sums.loss(objective) }
    package var items: Double { sums.maskedFrames }

    package var vector: [Double] {
        get {
            [
                sums.contrastive, sums.diversity, sums.featurePenalty, sums.maskedFrames, sums.correct,
                sums.utterances, audioSeconds, notFinite,
            ] + sums.codeUsage + sums.codeProbabilities
        }
        set {
            (sums.contrastive, sums.diversity, sums.featurePenalty) = (newValue[0], newValue[1], newValue[2])
            (sums.maskedFrames, sums.correct, sums.utterances) = (newValue[3], newValue[4], newValue[5])
            (audioSeconds, notFinite) = (newValue[6], newValue[7])
            let codes = newValue[8...]
            sums.codeUsage = Array(codes.prefix(codes.count / 2))
            sums.codeProbabilities = Array(codes.suffix(codes.count / 2))
        }
    }

    /// The share of masked frames correctly told from all negatives.
    var accuracy: Double { sums.correct / max(1, items) }

    /// The entries in use of each codebook, by the codes chosen.
    var codePerplexities: [Double] {
        let entries = objective.codebookEntries
        return (0..<objective.codebookGroups).map { group in
            codebookPerplexity(Array(sums.codeUsage[group * entries..<(group + 1) * entries]), groups: 1)
        }
    }

    /// The fields common to `train` and `eval` events; losses are means over masked frames.
    ///
    /// Perplexities without a number are summed over codebooks, as reported by fairseq and transformers.
    package var fields: [(String, JSONValue)] {
        let frames = max(1, items)
        let perCodebook = codePerplexities.enumerated().map {
            ("code_perplexity_\($0.offset + 1)", JSONValue.number($0.element))
        }
        return [
            ("contrastive", .number(sums.contrastive / frames)),
            ("contrastive_bits", .number(sums.contrastive / frames / log(2))),
            ("diversity", .number(sums.diversity / frames)),
            ("feature_penalty", .number(sums.featurePenalty / frames)), ("accuracy", .number(accuracy)),
            ("code_perplexity", .number(sums.codePerplexity(objective))),
        ] + perCodebook + [
            ("probability_perplexity", .number(sums.probabilityPerplexity(objective))),
            ("masked_frames", .number(items)), ("utterances", .number(sums.utterances)),
            ("audio_seconds", .number(audioSeconds)),
        ]
    }

    /// The summary in a line of progress.
    package var summary: String {
        String(
            format: "accuracy %.1f %%  perplexity %.1f", 100 * accuracy, sums.codePerplexity(objective))
    }
}

extension PretrainingTotals: RunEvaluation {
    /// The mean loss; there is no other metric.
    package func value(of metric: MetricSpec) -> Double { items > 0 ? loss / items : .infinity }

    package func fields(sparsity: Double) -> [(String, JSONValue)] {
        [("loss", .number(loss / max(1, items)))] + fields
    }

    package var isSound: Bool { !loss.isNaN }

    package func summary(sparsity: Double) -> String {
        String(format: "loss %.3f  ", loss / max(1, items)) + summary
    }
}
