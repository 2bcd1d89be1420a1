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

    init(_ recipe: Recipe, ranks: Int) throws {
        let inputs = try TextInputs(recipe)
        let task = TextTask(recipe: recipe, model: inputs.model, data: inputs.train.dataset)
        let layout = task.layout
        let pool = PrunablePool(layout, includesBiases: recipe.pruning.includeBiases)
        let bytes = MemoryLayout<Float>.stride * layout.count
        let activations = task.activationBytes(
            updates: 0..<recipe.schedule.updates, rank: 0, rankCount: ranks,
            precision: recipe.precision.products)
        let shadow = recipe.precision.products == .bfloat16 ? bytes / 2 : 0
        let memory = 4 * bytes + shadow + activations
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
            ("activations", "activation_bytes", .integer(activations), megabytes(activations)),
            (
                "memory of a rank", "rank_bytes", .integer(memory),
                megabytes(memory)
                    + ": weights, gradients, two moments, activations; beside them program and data"
            ),
        ]
    }

    /// A line for each fact.
    var text: String {
        TextTable(facts: rows.map { ($0.title, $0.text) }, width: 16).text
    }

    /// The same as one object.
    var json: JSONValue { .object(rows.map { .init($0.field, $0.value) }) }
}
