internal import Foundation
internal import JSON
internal import Models
internal import Pruning
internal import Recipe
internal import Reports
internal import Tasks
internal import Tensors
internal import Training

/// What a run on texts will take, from its recipe, its model's shape and its data.
struct TextForecast {
    private let rows: [(title: String, field: String, value: JSONValue, text: String)]
    private let memory: MemoryForecast

    init(_ recipe: Recipe, ranks: Int, ranksPerNode: Int) throws {
        let inputs = try TextInputs(recipe)
        let task = TextTask(recipe: recipe, model: inputs.model, data: inputs.train.dataset)
        let layout = task.layout
        let pool = PrunablePool(layout, includesBiases: recipe.pruning.includeBiases)
        memory = MemoryForecast(
            inputs, task: task, recipe: recipe, ranks: ranks, ranksPerNode: min(ranks, ranksPerNode))
        let (updates, data) = (recipe.schedule.updates, inputs.train.dataset)
        let epochs = Double(updates * recipe.data.batchExamples) / Double(data.examples.count)
        func megabytes(_ bytes: Int) -> String { String(format: "%.0f MB", Double(bytes) / 1e6) }
        rows = [
            ("model", "model", .string(recipe.model.path), recipe.model.path),
            (
                "weights", "parameters", .integer(layout.parameterCount),
                String(
                    format: "%.2f M, %.2f M in the pool", Double(layout.parameterCount) / 1e6,
                    Double(pool.count) / 1e6)
            ),
            (
                "examples", "examples", .integer(data.examples.count),
                "\(data.examples.count), \(data.totalTokens) tokens; \(inputs.train.cutTokens) cut from "
                    + "\(inputs.train.cutExamples)"
            ),
            ("updates", "updates", .integer(updates), "\(updates) of \(recipe.data.batchExamples) examples"),
            ("epochs", "epochs", .number(epochs), String(format: "%.2f", epochs)),
            ("ranks", "ranks", .integer(ranks), "\(ranks)"),
            (
                "memory of a rank", "memory_bytes_per_rank", .integer(memory.peakBytes),
                megabytes(memory.peakBytes) + " at most:"
            ),
        ]
    }

    /// A line for each fact, and below the memory what takes it.
    var text: String {
        let parts = TextTable(
            [.right("", minimumWidth: 28), .left("")],
            rows: memory.parts.map { [String(format: "%.0f MB", Double($0.bytes) / 1e6), $0.name] })
        return (TextTable(facts: rows.map { ($0.title, $0.text) }, width: 16).lines + parts.lines).joined(
            separator: "\n")
    }

    /// The same as one object.
    var json: JSONValue {
        let parts = memory.parts.map { JSONValue.Member($0.name, .integer($0.bytes)) }
        return .object(rows.map { .init($0.field, $0.value) } + [.init("memory", .object(parts))])
    }
}
