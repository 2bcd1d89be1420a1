internal import Batching
internal import Collectives
package import Decoding
internal import Foundation
internal import Kernels
package import Models
package import Recipe
package import Reports
package import Session
internal import Speech
package import Tensors
package import Text
internal import Training

/// How well a model recognised a set of utterances.
package struct EvaluationResult: Sendable {
    /// Word errors.
    package var words = ErrorRate()
    /// Character errors.
    package var characters = ErrorRate()
    /// The sum of the utterances' CTC losses, in nats.
    package var loss = 0.0
    /// Utterances whose transcript cannot be aligned to their frames; they add nothing to the loss.
    var infiniteLosses = 0
    /// Utterances.
    package var utterances = 0
    /// Seconds of audio.
    package var audioSeconds = 0.0
    /// The errors of each language, if there are several.
    package var languages: [String: LanguageErrors] = [:]
    /// What a search made of the same logits, where there was one.
    package var searched: SearchedErrors?
    /// On rank 0 of a run, the utterances with the most errors.
    package var worst: [WorstUtterances.Utterance] = []

    /// The mean loss of the utterances that can be aligned; infinite if there are none.
    package var meanLoss: Double {
        let finite = utterances - infiniteLosses
        return finite > 0 ? loss / Double(finite) : (utterances > 0 ? .infinity : 0)
    }

    /// Whether no loss is NaN; the data may make one infinite.
    package var isSound: Bool { !loss.isNaN }

    /// The mean loss as shown in tables: infinite if any utterance's is.
    package func lossText(digits: Int) -> String {
        infiniteLosses > 0 ? "inf" : String(format: "%.\(digits)f", meanLoss)
    }

    /// Which losses are infinite, to be added after the loss; empty if none is.
    package var infiniteText: String {
        guard infiniteLosses > 0 else { return "" }
        let whose = "\(infiniteLosses) of \(utterances) have a text too long for their frames"
        return infiniteLosses < utterances
            ? String(format: " (%@, %.4f over the others)", whose, meanLoss) : " (\(whose))"
    }
}

extension EvaluationResult {
    /// The number of a metric.
    package func value(of metric: MetricSpec) -> Double {
        switch metric {
        case .wordErrorRate: words.rate
        case .characterErrorRate: characters.rate
        default: meanLoss
        }
    }
}

/// How well a model recognised the utterances of one language.
package struct LanguageErrors: Sendable, Equatable {
    /// Word errors.
    package var words = ErrorRate()
    /// Character errors.
    package var characters = ErrorRate()
    /// Utterances.
    package var utterances = 0

    /// All counts, for summing over ranks.
    package var counts: [Int] {
        get { words.counts + characters.counts + [utterances] }
        set {
            words = ErrorRate(counts: Array(newValue[0..<4]))
            characters = ErrorRate(counts: Array(newValue[4..<8]))
            utterances = newValue[8]
        }
    }
}

/// The model's transcript of one utterance.
package struct Hypothesis: Sendable, Codable, Equatable {
    /// The utterance's index in its dataset.
    package let item: Int
    /// The recognised text.
    package let text: String
    /// The best texts with their scores, if more than one was requested.
    package var alternatives: [Transcription] = []
}

/// Recognises utterances, each rank its share.
package struct Evaluator {
    package let model: Wav2Vec2
    package let vocabulary: Vocabulary
    package let rankSeconds: Double
    /// Finds the best texts of an utterance, given by its index in the dataset, from its logits (frames,
    /// tokens); nil decodes greedily.
    package var recognizer: ((_ item: Int, _ logits: Tensor) -> [Transcription]?)?

    /// An evaluator of a network with a vocabulary.
    package init(model: Wav2Vec2, vocabulary: Vocabulary, rankSeconds: Double) {
        self.model = model
        self.vocabulary = vocabulary
        self.rankSeconds = rankSeconds
    }

    /// Recognises a dataset on all ranks; every rank gets the full result, rank 0 all hypotheses in order.
    ///
    /// Counts are integers, so the result does not depend on how the utterances are divided among ranks.
    ///
    /// - Throws: `EvaluationInterrupted`, on all ranks alike, if one of them was asked to stop.
    package func evaluate(
        _ data: SpeechDataset, parameters: ParameterViews, session: Session, arena: inout Arena
    ) throws -> (result: EvaluationResult, hypotheses: [Hypothesis]) {
        let communicator = session.communicator
        let everything = Array(data.utterances.indices)
        let share = EpochPlan.shares(
            of: everything, items: data.items, rankCount: communicator.size)[communicator.rank]
        var result = EvaluationResult()
        for language in data.languages { result.languages[language] = LanguageErrors() }
        var hypotheses: [Hypothesis] = []
        let batches = EpochPlan.microBatches(of: share, items: data.items, rankCost: rankSeconds)
        let sparseSlots = Set(parameters.sparseWeights.keys)
        try session.together { try requireMemory(of: batches, data, sparseSlots: sparseSlots) }
        for items in batches {
            if Interruption.isRequested { break }
            let batch = try data.load(items)
            arena.reset()
            for hypothesis in recognize(batch, parameters: parameters, arena: &arena, result: &result) {
                let reference = data.references[hypothesis.item]
                result.words.addWords(reference: reference, hypothesis: hypothesis.text)
                result.characters.addCharacters(reference: reference, hypothesis: hypothesis.text)
                if let language = data.utterances[hypothesis.item].language {
                    result.languages[language]?.add(reference: reference, hypothesis: hypothesis.text)
                }
                hypotheses.append(hypothesis)
            }
        }
        try session.giveUpEvaluationIfInterrupted()
        try sum(&result, communicator)
        let all = try session.exchange(hypotheses).flatMap { $0 }
        return (result, all.sorted { $0.item < $1.item })
    }

    private func requireMemory(
        of batches: [[Int]], _ data: SpeechDataset, sparseSlots: Set<Int>
    ) throws {
        var largest = LargestPass(arenaBytes: model.evaluationArenaBytes)
        for items in batches {
            var pass = PlannedPass(
                items.map { .init(samples: data.sampleCount($0), labels: data.targets[$0].count) })
            pass.sparseSlots = sparseSlots
            largest.consider(pass)
        }
        let longest = data.utterances.max { $0.durationSeconds < $1.durationSeconds }
        let subject = longest.map { "\($0.id), \(Int($0.durationSeconds)) s" } ?? "nothing"
        try Tasks.requireMemory(
            largest.bytes, for: "evaluating a batch (the longest recording is \(subject))")
    }

    /// Recognises one micro-batch, adding its losses to the result.
    private func recognize(
        _ batch: SpeechMicroBatch, parameters: ParameterViews, arena: inout Arena,
        result: inout EvaluationResult
    ) -> [Hypothesis] {
        let (logits, packing) = model.evaluate(
            batch.batch(in: &arena), parameters: parameters, arena: &arena)
        var losses = [Float](repeating: 0, count: batch.targets.count)
        ctcLoss(
            logits: logits, packing: packing, targets: batch.targets, blank: vocabulary.blank,
            zeroInfinity: true, scale: 1, arena: &arena, losses: &losses, dLogits: nil)
        result.audioSeconds += batch.audioSeconds
        result.utterances += losses.count
        return batch.items.indices.map { index in
            result.loss += Double(losses[index])
            if packing.length(index) < ctcMinimumFrames(batch.targets[index]) { result.infiniteLosses += 1 }
            let (item, rows) = (batch.items[index], logits.rows(packing[index]))
            guard let found = recognizer?(item, rows) else {
                return Hypothesis(
                    item: item, text: vocabulary.decode(path: largestEntries(rows, groups: 1)))
            }
            return Hypothesis(
                item: item, text: found.first?.text ?? "", alternatives: found.count > 1 ? found : [])
        }
    }

    /// Adds up the ranks' counts.
    private func sum(_ result: inout EvaluationResult, _ communicator: any Communicator) throws {
        var counts =
            result.words.counts + result.characters.counts + [result.infiniteLosses, result.utterances]
        try communicator.allReduceSum(&counts)
        result.words = ErrorRate(counts: Array(counts[0..<4]))
        result.characters = ErrorRate(counts: Array(counts[4..<8]))
        result.infiniteLosses = counts[8]
        result.utterances = counts[9]
        // Sorted: the same order on every rank.
        for language in result.languages.keys.sorted() {
            var counts = result.languages[language, default: LanguageErrors()].counts
            try communicator.allReduceSum(&counts)
            result.languages[language]?.counts = counts
        }
        var sums = [result.loss, result.audioSeconds]
        try communicator.allReduceSum(&sums)
        result.loss = sums[0]
        result.audioSeconds = sums[1]
    }
}

extension LanguageErrors {
    /// Adds the errors in one utterance.
    fileprivate mutating func add(reference: String, hypothesis: String) {
        words.addWords(reference: reference, hypothesis: hypothesis)
        characters.addCharacters(reference: reference, hypothesis: hypothesis)
        utterances += 1
    }
}

extension SpeechDataset {
    /// The languages, in order, if there are several.
    package var languages: [String] {
        let languages = Set(utterances.compactMap(\.language))
        return languages.count > 1 ? languages.sorted() : []
    }
}
