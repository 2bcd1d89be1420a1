internal import Batching
internal import Collectives
internal import Foundation
package import JSON
internal import Kernels
package import Models
package import Recipe
package import Session
package import Tensors
package import Text
internal import Training

/// How well a model did on a set of labelled texts.
package struct TextEvaluation: Sendable {
    /// How often each class was predicted as each; nil for regression.
    package var confusion: ConfusionMatrix?
    /// Correlations of labels and predictions; nil if undefined, or for classes.
    package var pearson, spearman: Double?
    /// The sum of the examples' losses.
    package var loss = 0.0
    /// The examples and their tokens.
    package var examples = 0
    package var tokens = 0

    /// The mean loss per example.
    package var meanLoss: Double { examples > 0 ? loss / Double(examples) : 0 }

    /// The task's metrics with their values; NaN if undefined.
    package var metrics: [(metric: MetricSpec, value: Double)] {
        guard let confusion else {
            return [
                (.pearson, pearson ?? .nan), (.spearman, spearman ?? .nan), (TaskKind.regress.loss, meanLoss),
            ]
        }
        return [
            (.accuracy, confusion.accuracy), (.f1, confusion.f1), (.matthews, confusion.matthews),
            (TaskKind.classify.loss, meanLoss),
        ]
    }

    /// The fields of an `eval` event.
    package var fields: [(String, JSONValue)] {
        metrics.map { ($0.metric.name, $0.value.isFinite ? .number($0.value) : .null) }
            + [("examples", .integer(examples)), ("tokens", .integer(tokens))]
    }
}

extension TextEvaluation: RunEvaluation {
    package func value(of metric: MetricSpec) -> Double {
        metrics.first { $0.metric.name == metric.name }?.value ?? .nan
    }

    package var isSound: Bool { metrics.contains { $0.metric.name == "loss" && !$0.value.isNaN } }

    package func fields(sparsity: Double) -> [(String, JSONValue)] {
        fields + [("sparsity", .number(sparsity))]
    }

    package func summary(sparsity: Double) -> String {
        metrics.map { metric, value in
            metric.name == "loss"
                ? String(format: "loss %.4f", value)
                : String(format: "%@ %.2f %@", metric.title, value * metric.scale, metric.unit)
        }.joined(separator: "  ") + String(format: "  sparsity %.2f %%", 100 * sparsity)
    }
}

/// A model's prediction for one example.
package struct TextPrediction: Sendable, Codable {
    /// The example's index in its dataset.
    package let item: Int
    /// A logit for each class, or the value.
    package let logits: [Float]

    /// The probability of each class.
    package var probabilities: [Double] {
        let highest = Double(logits.max() ?? 0)
        let shares = logits.map { exp(Double($0) - highest) }
        let sum = shares.reduce(0, +)
        return shares.map { $0 / sum }
    }

    /// The class with the highest logit; the first of equal ones.
    package var best: Int {
        logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
    }
}

/// Runs a model on texts, each rank its share.
package struct TextEvaluator {
    let model: SequenceClassifier
    /// Tokens that a rank holds at once.
    let rankTokens: Int

    /// An evaluator of a network.
    package init(model: SequenceClassifier, rankTokens: Int) {
        self.model = model
        self.rankTokens = rankTokens
    }

    /// Predictions for all examples, in order, on every rank; and the sum of losses if labels are known.
    ///
    /// - Throws: `EvaluationInterrupted`, on all ranks alike, if one of them was asked to stop.
    package func predict(
        _ data: TextDataset, parameters: ParameterViews, session: Session, arena: inout Arena
    ) throws -> (predictions: [TextPrediction], losses: [Float]) {
        let communicator = session.communicator
        let share = EpochPlan.shares(
            of: Array(data.examples.indices), items: data.items, rankCount: communicator.size)[
                communicator.rank]
        var own: [TextPrediction] = []
        for items in EpochPlan.microBatches(of: share, items: data.items, rankCost: Double(rankTokens)) {
            if Interruption.isRequested { break }
            arena.reset()
            let logits = model.evaluate(data.load(items).batch, parameters: parameters, arena: &arena)
            own += items.enumerated().map { place, item in
                TextPrediction(item: item, logits: logits.rows(place..<place + 1).array())
            }
        }
        try session.giveUpEvaluationIfInterrupted()
        let all = try session.exchange(own).flatMap { $0 }.sorted { $0.item < $1.item }
        return (all, losses(of: all, data: data))
    }

    /// The most arena bytes of a pass of rank 0.
    ///
    /// - Parameter sparseSlots: The indices of the slots with sparse products.
    package func arenaBytes(_ data: TextDataset, ranks: Int, sparseSlots: Set<Int> = []) -> Int {
        let share = EpochPlan.shares(
            of: Array(data.examples.indices), items: data.items, rankCount: ranks)[0]
        let batches = EpochPlan.microBatches(of: share, items: data.items, rankCost: Double(rankTokens))
        func tokens(_ items: [Int]) -> Int { items.reduce(0) { $0 + data.encoded[$1].ids.count } }
        guard let largest = batches.max(by: { tokens($0) < tokens($1) }) else { return 0 }
        var arena = Arena.counting()
        _ = model.evaluate(
            data.load(largest).batch,
            parameters: ParameterViews(counting: model.layout, precision: .float32, sparseSlots: sparseSlots),
            arena: &arena)
        return arena.peakBytes
    }

    /// The loss of each example, computed identically on every rank.
    private func losses(of predictions: [TextPrediction], data: TextDataset) -> [Float] {
        if case .none = data.targets { return [] }
        guard let columns = predictions.first?.logits.count else { return [] }
        let logits = FlatBuffer(count: predictions.count * columns)
        logits.all.copy(from: predictions.flatMap(\.logits))
        return data.targets.losses(
            of: logits.all.reshaped(rows: predictions.count, columns: columns), dLogits: nil)
    }

    /// Measures a model on labelled texts; every rank gets the full result.
    package func evaluate(
        _ data: TextDataset, parameters: ParameterViews, session: Session, arena: inout Arena
    ) throws -> (result: TextEvaluation, predictions: [TextPrediction]) {
        let (predictions, losses) = try predict(
            data, parameters: parameters, session: session, arena: &arena)
        var result = TextEvaluation()
        result.examples = data.examples.count
        result.tokens = data.totalTokens
        result.loss = losses.reduce(0) { $0 + Double($1) }
        switch data.targets {
        case .classes(let classes):
            var confusion = ConfusionMatrix(classCount: model.configuration.labelCount)
            for (prediction, label) in zip(predictions, classes) {
                confusion.add(label: label, prediction: prediction.best)
            }
            result.confusion = confusion
        case .values(let values):
            let (expected, found) = (values.map(Double.init), predictions.map { Double($0.logits[0]) })
            result.pearson = pearsonCorrelation(expected, found)
            result.spearman = spearmanCorrelation(expected, found)
        case .none: break
        }
        return (result, predictions)
    }
}
