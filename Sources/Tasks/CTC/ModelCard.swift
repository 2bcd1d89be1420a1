internal import Foundation
internal import Models
internal import Program
internal import Recipe
internal import Text

/// The `README.md` of a model directory: what it is and how it came about.
struct ModelCard {
    let recipe: Recipe
    let family: ModelFamily
    let method: String
    let update: Int
    let sparsity: Double
    let result: EvaluationResult?

    /// The card, with the front matter that model hubs read.
    var text: String {
        var lines = [
            "---", "tags:", "- automatic-speech-recognition", "- \(family.rawValue)", "- pruning", "- parp",
            "pipeline_tag: automatic-speech-recognition", "---", "",
            sparsity > 0 ? "# A sparse speech recogniser" : "# A speech recogniser", "",
            "Fine-tuned by `parp` \(parpVersion) with method `\(method)` from `\(recipe.model.path)`, "
                + "\(update) updates.", "",
            String(
                format:
                    "%.4f %% of the weights and biases of all attention and feed-forward projections are exactly zero.",
                100 * sparsity),
        ]
        if let result {
            lines += [
                "", "| set | WER | CER | utterances |", "|---|---|---|---|",
                String(
                    format: "| `%@` | %.2f %% | %.2f %% | %d |", recipe.data.valid, 100 * result.words.rate,
                    100 * result.characters.rate, result.utterances),
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
