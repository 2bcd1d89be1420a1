internal import Batching
internal import Foundation
internal import JSON
internal import Kernels
internal import Models
internal import Pruning
internal import Recipe
internal import Reports
internal import Tasks
internal import Tensors
internal import Text
internal import Training

/// What a run on texts will cost, from its recipe, its model's shape and its data.
struct TextForecast {
    let recipe: Recipe
    let inputs: TextInputs
    let ranks: Int
    let parameters: Int
    let prunable: Int
    /// The number of epochs in all updates.
    let epochs: Double
    /// Operations of all updates and of all evaluations, over all ranks.
    let operations: Double
    let evaluationOperations: Double
    /// Memory per rank.
    let memory: MemoryForecast
    /// Operations per second of one rank's products on this machine; nil if it lacks the precision.
    let productSpeed: Double?

    init(_ recipe: Recipe, ranks: Int, ranksPerNode: Int) throws {
        try self.init(
            recipe, inputs: TextInputs(recipe), ranks: ranks, ranksPerNode: ranksPerNode, productSpeed: nil)
    }

    /// - Parameter productSpeed: The speed if measured before; nil measures it.
    init(
        _ recipe: Recipe, inputs: TextInputs, ranks: Int, ranksPerNode: Int, productSpeed: Double?
    ) throws {
        let task = TextTask(recipe: recipe, model: inputs.model, data: inputs.train.dataset)
        let layout = task.layout
        let pool = PrunablePool(layout, includesBiases: recipe.pruning.includeBiases)
        memory = MemoryForecast(
            inputs, task: task, recipe: recipe, ranks: ranks, ranksPerNode: min(ranks, ranksPerNode))
        let (updates, data) = (recipe.schedule.updates, inputs.train.dataset)
        epochs = Double(updates * recipe.data.batchExamples) / Double(data.examples.count)
        let configuration = inputs.model.network.configuration
        func forward(_ data: TextDataset) -> Double {
            data.encoded.reduce(0) { $0 + configuration.forwardOperations(tokens: $1.ids.count) }
        }
        // Backward takes twice the operations of forward.
        operations = 3 * epochs * forward(data)
        evaluationOperations = Double(recipe.evaluationCount) * forward(inputs.valid.dataset)
        self.productSpeed =
            productSpeed
            ?? measuredSpeed(
                of: recipe, tokens: Double(data.totalTokens) * epochs / Double(updates * ranks),
                shape: configuration.shape)
        (self.recipe, self.inputs, self.ranks) = (recipe, inputs, ranks)
        (parameters, prunable) = (layout.parameterCount, pool.count)
    }

    /// Hours of updates and evaluations by this machine's product speed; without the network.
    var hours: Double? {
        productSpeed.map { speed in
            (operations + evaluationOperations) / Double(ranks) / (speed * PlanReport.shareOfProducts) / 3600
        }
    }

    private var remarks: [PlanRemark] {
        PlannedAmounts(
            recipe: recipe, corpus: Double(inputs.train.dataset.examples.count),
            batch: Double(recipe.data.batchExamples), epochs: epochs, hours: hours,
            evaluationShare: operations > 0 ? evaluationOperations / operations : 0,
            masksBetween: recipe.pruning.makeMethod(updates: recipe.schedule.updates) {
                TextTask(recipe: recipe, model: inputs.model, data: inputs.train.dataset).schedule
                    .epochEnds(through: $0)
            }.masksAfter.count
        ).remarks
    }

    private var rows: [(title: String, field: String, value: JSONValue, text: String)] {
        let (updates, data) = (recipe.schedule.updates, inputs.train.dataset)
        func megabytes(_ bytes: Int) -> String { String(format: "%.0f MB", Double(bytes) / 1e6) }
        return [
            ("model", "model", .string(recipe.model.path), recipe.model.path),
            (
                "weights", "parameters", .integer(parameters),
                String(
                    format: "%.2f M, %.2f M in the pool", Double(parameters) / 1e6, Double(prunable) / 1e6)
            ),
            (
                "examples", "examples", .integer(data.examples.count),
                "\(data.examples.count), \(data.totalTokens) tokens; \(inputs.train.cutTokens) truncated from "
                    + "\(inputs.train.cutExamples)"
            ),
            ("updates", "updates", .integer(updates), "\(updates) of \(recipe.data.batchExamples) examples"),
            ("epochs", "epochs", .number(epochs), String(format: "%.2f", epochs)),
            ("ranks", "ranks", .integer(ranks), "\(ranks)"),
            (
                "operations", "flops", .number(operations),
                String(format: "%.3g in updates, %.3g in evaluations", operations, evaluationOperations)
            ),
            (
                "time", "estimated_hours", hours.map(JSONValue.number) ?? .null,
                hours.map { "about \(hoursText($0)) on this machine, without the network" }
                    ?? "no estimate: this machine does not multiply \(recipe.precision.products.rawValue)"
            ),
            (
                "memory of a rank", "memory_bytes_per_rank", .integer(memory.peakBytes),
                megabytes(memory.peakBytes) + " at most:"
            ),
        ]
    }

    /// A line for each fact, with the parts of memory below it.
    var text: String {
        let parts = TextTable(
            [.right("", minimumWidth: 28), .left("")],
            rows: memory.parts.map { [String(format: "%.0f MB", Double($0.bytes) / 1e6), $0.name] })
        func lines(_ facts: [(name: String, text: String)]) -> [String] {
            TextTable(facts: facts, width: 16).lines
        }
        return
            (lines(rows.map { ($0.title, $0.text) }) + parts.lines
            + lines(remarks.map { ("warning", $0.text) }))
            .joined(separator: "\n")
    }

    /// The same as one object.
    var json: JSONValue {
        let parts = memory.parts.map { JSONValue.Member($0.name, .integer($0.bytes)) }
        return .object(
            rows.map { .init($0.field, $0.value) }
                + [.init("memory", .object(parts)), .init("warnings", .array(remarks.map(\.json)))])
    }
}

/// This machine's speed at the run's products, in operations per second of one rank.
private func measuredSpeed(of recipe: Recipe, tokens: Double, shape: TextShape) -> Double? {
    guard unavailability(of: recipe.precision.products) == nil else { return nil }
    setMathThreads(recipe.distributed.threadsPerRank)
    return LargestProduct(
        rows: Int(min(Double(recipe.data.rankTokens), max(1, tokens))), hiddenSize: shape.hiddenSize,
        intermediateSize: shape.intermediateSize, recipe.precision.products
    ).measure()
}
