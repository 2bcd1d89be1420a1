public import Checkpoints
internal import Foundation
internal import JSON
internal import Kernels
public import Models
internal import Optimization
public import Tensors

/// A model directory of text with what transformers says of it (Tests/Golden/text_models.py), and our own answers.
public struct GoldenText: ~Copyable {
    /// The network of a directory's configuration.
    public enum Network: Sendable {
        /// Classes, or one value.
        case classifier(SequenceClassifier)
        /// Masked tokens.
        case masked(BertMaskedLanguageModel)

        /// Names and places of all parameters.
        public var layout: ParameterLayout {
            switch self {
            case .classifier(let model): model.layout
            case .masked(let model): model.layout
            }
        }
    }

    /// What a row of logits is compared with.
    private enum Target {
        case classes([Int])
        case value(Float)
    }

    /// What transformers says.
    public let golden: SafetensorsFile
    /// The network of the directory's configuration.
    public let network: Network
    /// Its weights.
    public let store: ParameterStore
    private var arena = Arena(capacityBytes: 4 << 30)
    private var mask = HeldMask()
    private let examples: [(tokens: [Int], segments: [Int])]
    /// The places of an example that the loss reads: the masked ones.
    private let places: [[Int]]
    private let targets: [Target]

    /// Reads a model directory and its golden file; products are of a precision.
    public init(directory: String, precision: GEMMPrecision = .float32) throws {
        let golden = try SafetensorsFile(path: directory + "/golden.safetensors")
        let source = try ModelDirectory(path: directory)
        let isMasked = source.config["architectures"]?.elements?.first?.string == "BertForMaskedLM"
        let configuration = try JSONDecoder().decode(TextConfiguration.self, from: source.configData)
        let network: Network =
            if case .bert(let bert) = configuration, isMasked {
                .masked(BertMaskedLanguageModel(bert))
            } else {
                .classifier(SequenceClassifier(configuration))
            }
        let store = ParameterStore(layout: network.layout, precision: precision)
        let report = try loadParameters(
            from: try openModelWeights(directory: directory), into: store.values.all, layout: network.layout)
        precondition(report.missing.isEmpty && report.unexpected.isEmpty, "\(directory) is incomplete")
        if let shadow = store.shadow { convert(store.values.all, into: shadow) }
        let isRegression = !isMasked && configuration.labelCount == 1
        let indices = 0..<golden.names.filter { $0.hasPrefix("tokens.") }.count
        let examples = try indices.map {
            (try golden.integers("tokens.\($0)"), try golden.integers("segments.\($0)"))
        }
        let places = try indices.map { try golden.integers("places.\($0)") }
        let targets: [Target] = try indices.map { index in
            isRegression
                ? .value(try golden.floats("target.\(index)")[0])
                : .classes(try golden.integers("target.\(index)"))
        }
        self.golden = golden
        self.network = network
        self.store = store
        self.examples = examples
        self.places = places
        self.targets = targets
    }

    /// Zeroes a share of the prunable weights, and from then on keeps them so.
    ///
    /// - Parameter sparsely: Whether all layers multiply the others alone, whatever is faster.
    public mutating func prune(_ share: Double, sparsely: Bool) {
        mask = HeldMask(share, of: store, sparsely: sparsely)
    }

    /// Which gradients sparse layers accumulate.
    public var sparseGradients = SparseGradients.kept

    private var parameters: ParameterViews {
        store.views.multiplying(mask.sparse, gradients: sparseGradients)
    }

    /// The number of examples.
    public var count: Int { examples.count }

    /// What the summed loss is divided by: the rows of logits.
    public var rowCount: Int { places.reduce(0) { $0 + $1.count } }

    /// What one forward and backward pass over the packed batch gives.
    public struct Answer {
        /// The logits of each example.
        public var logits: [[Float]]
        /// The loss of each example, summed over its rows.
        public var losses: [Float]
        /// The sum of the losses.
        public var loss: Double { losses.reduce(0) { $0 + Double($1) } }
    }

    /// The most bytes that a pass had in use.
    public var peakBytes: Int { arena.peakBytes }

    /// Runs some examples as one packed batch and accumulates the gradients of the summed loss.
    ///
    /// - Parameter chosen: Indices of examples; nil takes all.
    public mutating func run(
        _ chosen: [Int]? = nil, trainable: TrainableParameters = .everything, noise: Noise? = nil,
        recomputing: Bool = false, gradientsFinal: (Int) -> Void = { _ in }
    ) -> Answer {
        let chosen = chosen ?? Array(0..<count)
        arena.reset()
        store.gradients.all.fill(0)
        let batch = TokenBatch(chosen.map { examples[$0] })
        let rowCounts = chosen.map { places[$0].count }
        switch network {
        case .classifier(let model):
            let output = model.forward(
                batch, parameters: parameters, noise: noise, trainable: trainable, recomputing: recomputing,
                arena: &arena)
            let (answer, dLogits) = loss(output.logits, chosen, rowCounts)
            model.backward(dLogits, output: output, arena: &arena, gradientsFinal: gradientsFinal)
            return answer
        case .masked(let model):
            let rows = chosen.enumerated().flatMap { place, example in
                places[example].map { batch.packing[place].lowerBound + $0 }
            }
            let output = model.forward(
                batch, rows: rows, parameters: parameters, noise: noise, arena: &arena)
            let (answer, dLogits) = loss(output.logits, chosen, rowCounts)
            model.backward(dLogits, output: output, arena: &arena, gradientsFinal: gradientsFinal)
            return answer
        }
    }

    /// The losses of packed rows, and their gradient.
    private mutating func loss(
        _ logits: Tensor, _ chosen: [Int], _ rowCounts: [Int]
    ) -> (answer: Answer, dLogits: Tensor) {
        let dLogits = arena.tensor(rows: logits.rows, columns: logits.columns)
        var losses = [Float](repeating: 0, count: logits.rows)
        let values = chosen.compactMap { index -> Float? in
            if case .value(let value) = targets[index] { value } else { nil }
        }
        let classes = chosen.flatMap { index -> [Int] in
            if case .classes(let classes) = targets[index] { classes } else { [] }
        }
        if values.isEmpty {
            crossEntropyLoss(logits: logits, targets: classes, scale: 1, losses: &losses, dLogits: dLogits)
        } else {
            squaredErrorLoss(
                predictions: logits, targets: values, scale: 1, losses: &losses, dPredictions: dLogits)
        }
        let packing = PackedRows(lengths: rowCounts)
        let answer = Answer(
            logits: (0..<chosen.count).map { logits.rows(packing[$0]).array() },
            losses: (0..<chosen.count).map { losses[packing[$0]].reduce(0, +) })
        return (answer, dLogits)
    }

    /// The mean loss before each of some Adam updates and after the last.
    public mutating func trajectory(updates: Int, learningRate: Double) -> [Double] {
        let adam = Adam()
        let range = 0..<network.layout.count
        var losses: [Double] = []
        for step in 1...updates + 1 {
            losses.append(run().loss / Double(rowCount))
            guard step <= updates else { break }
            mask.clearGradients(of: store)
            adam.update(
                values: store.values[range], gradients: store.gradients[range],
                firstMoment: store.moments.first[range], secondMoment: store.moments.second[range],
                shadow: store.shadow(range), step: step, learningRate: learningRate,
                gradientScale: 1 / Float(rowCount))
            mask.sparse.refresh(from: store.values.all)
        }
        return losses
    }
}
