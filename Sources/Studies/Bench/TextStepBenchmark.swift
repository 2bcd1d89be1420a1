internal import Checkpoints
internal import Collectives
internal import Foundation
internal import JSON
internal import Kernels
internal import Models
internal import Optimization
internal import Preflight
internal import Program
package import Session
internal import Tensors
internal import Training

/// Options of `parp bench step --examples`.
package struct TextStepOptions: Sendable {
    /// `bert-base`, or a text model's directory.
    package var model: String
    /// Examples per rank, and tokens of each.
    package var examples: Int
    package var tokens: Int
    /// Threads per rank.
    package var threads = 1
    /// The probability of every dropout.
    package var dropout = 0.1
    /// Measured updates, and warm-up updates before them.
    package var updates = 5
    package var warmup = 2
    /// Whether to print one JSON object instead of a line.
    package var json = false

    /// A benchmark of an update.
    package init(model: String, examples: Int, tokens: Int) {
        (self.model, self.examples, self.tokens) = (model, examples, tokens)
    }
}

/// Measures forward, loss, backward and Adam of a text model on random tokens, by this rank's processor time;
/// all ranks do the same without waiting for each other.
package func runTextStepBenchmark(_ options: TextStepOptions, session: Session) throws {
    setMathThreads(options.threads)
    let network = try session.together { () throws -> SequenceClassifier in
        if options.model == "bert-base" { return SequenceClassifier(.bert(BertConfiguration())) }
        let network = SequenceClassifier(try StoredModel(path: options.model).textConfiguration())
        if let limit = network.configuration.maximumTokens, options.tokens > limit {
            throw UserError(.usage, "--tokens is \(options.tokens); \(options.model) has \(limit) positions")
        }
        return network
    }
    let store = ParameterStore(layout: network.layout)
    network.layout.initialize(store.values.all, seed: 1)
    let ids = (0..<options.tokens).map { $0 * 37 % network.configuration.vocabularySize }
    let batch = TokenBatch(
        (0..<options.examples).map { _ in (ids, [Int](repeating: 0, count: options.tokens)) })
    var arena = Arena()
    var seconds: [Double] = []
    for update in 0..<options.warmup + options.updates {
        try session.communicator.barrier()
        let start = processorSeconds()
        step(network, batch, store: store, update: update, dropout: Float(options.dropout), arena: &arena)
        if update >= options.warmup { seconds.append(processorSeconds() - start) }
    }
    let medians = try session.exchange(median(seconds))
    guard session.isRoot else { return }
    let slowest = medians.max() ?? 0
    let rate = Double(batch.tokens.count) / slowest
    guard !options.json else {
        return print(
            JSONValue.object([
                .init("benchmark", .string("step")), .init("model", .string(options.model)),
                .init("ranks", .integer(medians.count)), .init("threads", .integer(options.threads)),
                .init("examples", .integer(options.examples)), .init("tokens", .integer(options.tokens)),
                .init("processor_seconds", .number(slowest)),
                .init("tokens_per_processor_second", .number(rate)),
                .init("library", .string(matrixLibrary)),
            ]).line)
    }
    print(
        String(
            format:
                "%@: %d examples of %d tokens: %.3f s of processor time per update, %.0f tokens per second",
            options.model, options.examples, options.tokens, slowest, rate))
}

private func step(
    _ network: SequenceClassifier, _ batch: TokenBatch, store: borrowing ParameterStore, update: Int,
    dropout: Float, arena: inout Arena
) {
    arena.reset()
    store.gradients.all.fill(0)
    var rates = Regularization()
    (rates.hiddenDropout, rates.attentionDropout, rates.finalDropout) = (dropout, dropout, dropout)
    let count = batch.packing.count
    let noise = Noise(
        seed: 1, step: update, identities: (0..<count).map(UInt64.init), regularization: rates)
    let output = network.forward(
        batch, parameters: store.views, noise: noise, trainable: .everything, arena: &arena)
    let dLogits = arena.tensor(rows: count, columns: network.configuration.labelCount)
    var losses = [Float](repeating: 0, count: count)
    crossEntropyLoss(
        logits: output.logits, targets: (0..<count).map { $0 % network.configuration.labelCount }, scale: 1,
        losses: &losses, dLogits: dLogits)
    network.backward(dLogits, output: output, arena: &arena)
    Adam().update(
        values: store.values.all, gradients: store.gradients.all, firstMoment: store.moments.first.all,
        secondMoment: store.moments.second.all, step: update + 1, learningRate: 1e-4,
        gradientScale: 1 / Float(count))
}
